/** The published request and response cases of the Jobs MQTT API, over the rules and over a real MQTT connection. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readVectors } from "../tools/jobs-service/vectors/form";
import { mqttTarget } from "../tools/jobs-service/vectors/mqtt-target";
import { rulesTarget } from "../tools/jobs-service/vectors/rules-target";
import { tryVector } from "../tools/jobs-service/vectors/run";
import { mismatch } from "../tools/jobs-service/vectors/shape";
import type { Target } from "../tools/jobs-service/vectors/target";

const file = fileURLToPath(new URL("vectors/jobs-mqtt.json", import.meta.url));
const vectors = readVectors(readFileSync(file, "utf8"));
if (typeof vectors === "string") throw new Error(vectors);

const ways: readonly [string, (nowSeconds: number) => Target | Promise<Target>][] = [
  ["the rules", rulesTarget],
  ["real MQTT", mqttTarget],
];

describe.each(ways)("over %s the service answers as AWS IoT Jobs does", (_way, open) => {
  it.each(vectors.map((vector) => ({ name: vector.name, vector })))("$name", async ({ vector }) => {
    const target = await open(vector.given.now ?? 1_700_000_000);
    try {
      expect(await tryVector(target, vector)).toBeUndefined();
    } finally {
      await target.end();
    }
  });
});

describe("the shape language", () => {
  it("takes unlisted keys unless the shape is closed", () => {
    expect(mismatch({ a: 1, b: 2 }, { a: 1 })).toBeUndefined();
    expect(mismatch({ a: 1, b: 2 }, { a: 1, $closed: true })).toBe("payload.b is not wanted");
  });

  it("knows seconds from milliseconds, and a range from its neighbours", () => {
    expect(mismatch(1_700_000_000, "<seconds>")).toBeUndefined();
    expect(mismatch(1_700_000_000_000, "<seconds>")).toContain("not <seconds>");
    expect(mismatch(600, "<int:480..600>")).toBeUndefined();
    expect(mismatch(601, "<int:480..600>")).toContain("not <int:480..600>");
  });

  it("tells what is missing, what is there and should not be, and what it does not know", () => {
    expect(mismatch({}, { a: "<string>" })).toBe("payload.a is missing (<string> wanted)");
    expect(mismatch({ a: 1 }, { a: "<absent>" })).toBe("payload.a is 1, not <absent>");
    expect(mismatch({ a: 1 }, { a: "<colour>" })).toContain("a wildcard that is not known here");
    expect(mismatch([1, 2], [1])).toBe("payload has 2 items, not 1");
  });
});

describe("the vectors tool", () => {
  let dir = "";
  beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), "vectors-"))));
  afterAll(() => rmSync(dir, { recursive: true }));

  function run(text: string) {
    const path = join(dir, "file.json");
    writeFileSync(path, text);
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "tools/vectors.ts", path], {
      encoding: "utf8",
      cwd: fileURLToPath(new URL("..", import.meta.url)),
    });
    return { status, stdout, stderr };
  }

  const get = { topic: "$aws/things/lamp-01/jobs/get", payload: {} };
  const accepted = { topic: "$aws/things/lamp-01/jobs/get/accepted", "payload-shape": { queuedJobs: [] } };
  const good = { name: "good", given: { thing: "lamp-01", now: 1_700_000_000, jobs: [] }, request: get, expect: [accepted] };

  it("shows what came and what was wanted of each failing case, and names a control it does not know", () => {
    const wrong = { ...good, name: "wrong", expect: [{ ...accepted, "payload-shape": { queuedJobs: ["<object>"] } }] };
    const strange = { ...good, name: "strange", request: { topic: null, control: "PaintLamp", payload: {} } };
    const { status, stdout } = run(JSON.stringify({ vectors: [good, wrong, strange] }));
    expect(stdout).toContain("FAILED wrong: message 1: payload.queuedJobs has 0 items, not 1");
    expect(stdout).toContain('"inProgressJobs":[],"queuedJobs":[]');
    expect(stdout).toContain('FAILED strange: control "PaintLamp" is not known here');
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("1 passed, 2 failed");
    expect(status).toBe(1);
  });

  it("says in one sentence why a file is no file of vectors", () => {
    expect(run("{")).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("is not JSON") as string });
    expect(run("{}")).toMatchObject({ status: 2, stderr: expect.stringContaining('has no array "vectors"') as string });
    expect(run('{"vectors":[{"name":"a"}]}')).toMatchObject({ status: 2, stderr: expect.stringContaining('bad vector "a"') as string });
  });
});
