/** Jobs from the command line, against a service that it starts. */
import type { ChildProcess } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { firstLine, openCommandLine, startUp } from "./surroundings/command-line";

const line = openCommandLine();
const { dir, run } = line;
afterAll(line.close);

describe("without a service", () => {
  test("each command has a help text with an example", { timeout: 60_000 }, async () => {
    for (const words of [
      [],
      ["up"],
      ["agent"],
      ["board"],
      ["bundle"],
      ["job"],
      ["job", "create"],
      ["job", "list"],
      ["job", "show"],
      ["job", "cancel"],
      ["board", "run"],
      ["board", "list"],
      ["provision"],
      ["env"],
      ["object"],
      ["object", "put"],
      ["clock"],
      ["fault"],
      ["fault", "add"],
      ["fault", "list"],
      ["fault", "clear"],
      ["firmware"],
      ["firmware", "build"],
      ["flash"],
      ["monitor"],
    ]) {
      const { code, out } = await run(...words, "--help");
      expect(code).toBe(0);
      expect(out).toMatch(/Example:\n +\$ esp32-jobs /);
    }
  });

  test("wrong usage ends with 2 and one sentence", { timeout: 60_000 }, async () => {
    for (const [words, sentence] of [
      [["fly"], /unknown command 'fly'/],
      [["board"], /required option '--thing <name>' not specified/],
      [["up", "--mqtt-port", "many"], /must be a whole number from 0 to 65535/],
      [["job", "create", "{broken"], /the job document is not JSON/],
      [["job", "create", "blink", "five"], /"five" is not of the form NAME=VALUE/],
      [["job", "create", "@/no/such/file"], /the file "\/no\/such\/file" cannot be read: it is not there/],
      [["job", "create", "blink", "--timeout", "soon"], /must be a whole number of seconds/],
      [["agent"], /name a thing with --thing/],
      [["clock", "2h"], /a clock only goes forward/],
      [["clock", "--", "-2h"], /a clock only goes forward/],
      [["job", "list", "--limit", "0"], /must be a whole number, 1 or more/],
      [["fault", "add", "drop", "--probability", "often"], /must be a number/],
      [["monitor"], /name the board's port with --port/],
      [["flash", "--baud", "fast"], /must be a whole number, 1 or more/],
      [["job", "create", "blink", "--id", "a b"], /--id must have 1 to 64 letters, digits, hyphens or underscores, and is "a b"/],
      [["provision", "a b"], /"a b" cannot be a thing's name/],
      [["provision", "x".repeat(129)], /cannot be a thing's name: those have 1 to 128/],
      [["provision", "lamp", "--signer", "/no/such/file"], /the file "\/no\/such\/file" cannot be read: it is not there/],
      [["object", "put", process.execPath, "--name", "../x"], /--name "\.\.\/x": the parts of an object's name are not empty/],
      [["object", "put", "/no/such/file"], /the file "\/no\/such\/file" cannot be read: it is not there/],
    ] as const) {
      const { code, err } = await run(...words);
      expect(err).toMatch(sentence);
      expect(code).toBe(2);
    }
  });

  test("a missing service is named, with the command that starts it", async () => {
    expect(await run("job", "list")).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("start one with: esp32-jobs up") as string,
    });
  });

  test("an agent without identity says which file is missing", async () => {
    const { code, err } = await run("agent", "--identity", dir);
    expect(code).toBe(1);
    expect(err).toMatch(/settings\.json/);
  });
});

describe("with a service and its board", () => {
  let up: ChildProcess;
  beforeAll(async () => {
    const started = await startUp(line);
    up = started.up;
    const { address } = started;
    expect(Object.keys(address).sort()).toEqual(["ca", "https", "mqtt", "mqtts"]);
    expect(existsSync(address["ca"] ?? "")).toBe(true);
  }, 30_000);

  test("a job is created, waited for, shown and listed", { timeout: 30_000 }, async () => {
    const created = await run(
      "job",
      "create",
      "blink",
      "count=1",
      "onTime=50",
      "offTime=50",
      "--id",
      "b1",
      "--wait",
      "--timeout",
      "20",
      "--json",
    );
    expect(created.err).toBe("");
    expect(created.code).toBe(0);
    expect(JSON.parse(created.out)).toMatchObject({
      executions: [{ thingName: "lamp-01", status: "SUCCEEDED", statusDetails: { blinks: "1" } }],
    });
    expect((await run("job", "show", "b1")).out).toMatch(/lamp-01 +SUCCEEDED +blinks: 1/);
    expect(JSON.parse((await run("job", "list", "--json")).out)).toMatchObject([{ jobId: "b1", status: "COMPLETED" }]);
  });

  test("a thing runs once: a second board for it is refused", async () => {
    const { code, err } = await run("board", "--thing", "lamp-01");
    expect(err).toMatch(/lamp-01 runs already, as process \d+/);
    expect(code).toBe(1);
  });

  test("a number in quotes is text", { timeout: 30_000 }, async () => {
    const { out } = await run("job", "create", "describe", 'note="2"', "count=2", "--id", "q1", "--wait", "--timeout", "20");
    expect(out).toContain('{"action":"describe","note":"2","count":2}');
  });

  test("cancelling says where a job goes on, and forcing stops it", { timeout: 30_000 }, async () => {
    await run("job", "create", "blink", "count=100", "onTime=1000", "--id", "c1");
    const waiting = await run("job", "create", "describe", "--id", "c2", "--wait", "--timeout", "7");
    expect(waiting.err).toMatch(/waiting for lamp-01 \(QUEUED\)/);
    expect(waiting.err).toMatch(/c2 has not ended after 7 s/);
    expect((await run("job", "cancel", "c2")).out).toBe("c2 is cancelled\n");
    expect((await run("job", "cancel", "c1", "--force")).out).toBe("c1 is cancelled\n");
    expect(await run("job", "create", "describe", "--id", "c3", "--wait", "--timeout", "20")).toMatchObject({ code: 0 });
  });

  test("a job that fails ends the command with 1, and shows why", { timeout: 30_000 }, async () => {
    const { code, out } = await run("job", "create", '{"action":"fly"}', "--id", "f1", "--wait", "--timeout", "20");
    expect(out).toMatch(/REJECTED +code: ACTION_UNKNOWN/);
    expect(code).toBe(1);
  });

  test("the service's own refusals are told", { timeout: 30_000 }, async () => {
    expect((await run("job", "show", "nothing")).err).toMatch(/esp32-jobs: .*nothing/);
    expect((await run("job", "create", "blink", "--id", "b1", "--group", "not a group")).code).toBe(1);
    expect((await run("job", "create", "blink", "--id", "b1")).code).toBe(1);
    expect((await run("job", "create", "blink", "--thing", "nobody", "--id", "n1")).code).toBe(1);
  });

  test("a job for a board that is not there waits, and can be cancelled", { timeout: 30_000 }, async () => {
    const agent = line.start("agent", "--thing", "desk:1");
    await firstLine(agent);
    agent.kill("SIGINT");
    await new Promise((resolve) => agent.once("close", resolve));
    expect(agent.exitCode).toBe(0);
    expect((await run("job", "create", "blink", "--thing", "desk:1", "--id", "w1")).out).toMatch(/w1 created for desk:1/);
    expect(await run("job", "cancel", "w1")).toMatchObject({ code: 0 });
    expect((await run("job", "show", "w1")).out).toMatch(/CANCELED/);
  });

  test("a second one in the same folder is refused, and the first is still found", { timeout: 30_000 }, async () => {
    const { code, err } = await run("up");
    expect(err).toMatch(/a Jobs service runs in .* already, at mqtts:/);
    expect(code).toBe(1);
    expect((await run("job", "list")).code).toBe(0);
  });

  test("a document that is an array reaches the board, which says what is wrong with it", { timeout: 30_000 }, async () => {
    const { code, out } = await run("job", "create", '["blink"]', "--thing", "lamp-01", "--wait", "--timeout", "20");
    expect(out).toMatch(/REJECTED +code: DOCUMENT_INVALID/);
    expect(code).toBe(1);
  });

  test("keys are readable by their owner alone", () => {
    for (const file of ["place/things/desk%3A1/key.pem"]) expect(statSync(join(dir, file)).mode & 0o077).toBe(0);
  });

  test("Ctrl-C ends it in good order, and it can be told that it is gone", { timeout: 30_000 }, async () => {
    const closed = new Promise<number | null>((resolve) => up.once("close", (code) => resolve(code)));
    up.kill("SIGINT");
    expect(await closed).toBe(0);
    expect((await run("job", "list")).code).toBe(1);
  });
});
