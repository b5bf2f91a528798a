/** An image that makes a board a thing: from a cloud's certificates or from one's own, with a network, for its owner's eyes alone. */
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  DetachPolicyCommand,
  DetachThingPrincipalCommand,
  ListAttachedPoliciesCommand,
  ListThingPrincipalsCommand,
} from "@aws-sdk/client-iot";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openCloud } from "../tools/cli/cloud";
import { readIdentity } from "../tools/firmware/identity";
import { planFlash } from "../tools/firmware/flash-plan";
import { firstLine, openCommandLine, startUp, type Result } from "./surroundings/command-line";
import { makeAuthority, type Authority } from "./surroundings/device-certificates";
import { makeBuild } from "./surroundings/firmware-build";

const line = openCommandLine();
const { dir, json, run } = line;
afterAll(line.close);

const patience = { timeout: 60_000 };
const password = `"pass\\word' $HOME \`x\``;
const network = { ssid: 'at "home"\\', password };
const file = (...names: readonly string[]): string => join(dir, ...names);
const identityIn = (name: string): Record<string, string> => readIdentity(readFileSync(file(name)));
const settingsIn = (name: string): unknown => JSON.parse(identityIn(name)["settings.json"] ?? "");
const modeOf = (...names: readonly string[]): number => statSync(file(...names)).mode & 0o777;

/** Nothing that a program said holds a secret. */
function expectDiscreet({ out, err }: Result): void {
  expect(out + err).not.toContain(password);
  expect(out + err).not.toContain(JSON.stringify(password).slice(1, -1));
  expect(out + err).not.toContain("PRIVATE KEY");
}

beforeAll(() => writeFileSync(file("wifi.json"), JSON.stringify(network)));

describe("with a service", () => {
  beforeAll(async () => {
    await startUp(line, "--no-board");
  }, 30_000);

  test("writes an image that flashing takes, with a network out of a file", patience, async () => {
    const done = await run("provision", "lamp", "--nvs", "lamp.bin", "--wifi", "wifi.json", "--json");
    expectDiscreet(done);
    expect(done.err).toMatch(/^A board does not find localhost/);
    expect(JSON.parse(done.out)).toMatchObject({
      thingName: "lamp",
      folder: "lamp",
      files: ["settings.json", "ca.pem", "cert.pem", "key.pem"],
      nvs: { file: "lamp.bin", sizeBytes: 0x6000 },
    });
    for (const names of [["lamp.bin"], ["lamp", "settings.json"], ["lamp", "key.pem"]]) expect(modeOf(...names)).toBe(0o600);
    expect(settingsIn("lamp.bin")).toMatchObject({ thingName: "lamp", endpoint: "localhost", wifi: network });
    for (const name of ["key.pem", "cert.pem", "ca.pem"])
      expect(identityIn("lamp.bin")[name]).toBe(readFileSync(file("lamp", name), "utf8"));

    const plan = planFlash({ from: makeBuild(), identity: file("lamp.bin") });
    expect(plan.parts.find(({ path }) => path === file("lamp.bin"))?.bytes.length).toBe(0x6000);

    // The network is kept with the settings, and a second image needs no word of it.
    expectDiscreet(await run("provision", "lamp", "--nvs", "again.bin"));
    expect(readFileSync(file("again.bin")).equals(readFileSync(file("lamp.bin")))).toBe(true);
  });

  test("a thing of 128 characters with colons gets its image, and does its jobs", patience, async () => {
    const thing = "a:".repeat(64);
    await json("provision", thing, "--nvs", "long.bin", "--wifi", "wifi.json", "--out", "long");
    expect(settingsIn("long.bin")).toMatchObject({ thingName: thing });
    const agent = line.start("agent", "--thing", thing);
    await firstLine(agent);
    const words = ["job", "create", "blink", "count=1", "onTime=50", "offTime=50", "--thing", thing, "--wait", "--timeout", "30"];
    expect(await json(...words)).toMatchObject({ job: { status: "COMPLETED" } });
    agent.kill("SIGINT");
    await new Promise((resolve) => agent.once("close", resolve));
  });

  test("what the folder has besides goes with the image: a signer's key, roots for downloads", patience, async () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const signer = publicKey.export({ type: "spki", format: "pem" }).toString();
    writeFileSync(file("public.pem"), signer.replaceAll("\n", "\r\n"));
    await json("provision", "signed", "--no-wifi", "--nvs", "signed.bin", "--signer", "public.pem");
    await json("provision", "signed", "--no-wifi", "--nvs", "signed.bin");
    expect(identityIn("signed.bin")["signer.pem"]).toBe(signer);
    expect(settingsIn("signed.bin")).not.toHaveProperty("wifi");
  });

  test("a key is never lost: not one's own in the folder, nor one whose certificate is no more", patience, async () => {
    mkdirSync(file("fan"));
    writeFileSync(file("fan", "key.pem"), "my own key, which is nowhere else\n");
    const done = await run("provision", "fan");
    const kept = readdirSync(file("fan")).filter((name) => /^key-[0-9a-f]{12}\.pem$/.test(name));
    expect(kept.map((name) => readFileSync(file("fan", name), "utf8"))).toEqual(["my own key, which is nowhere else\n"]);
    expect(done.err).toBe(`The key that was in fan/key.pem is now in fan/${kept[0] ?? ""}.\n`);
    expect(modeOf("fan", kept[0] ?? "")).toBe(0o600);

    const first = readFileSync(file("place", "identities", "fan", "key.pem"), "utf8");
    writeFileSync(file("place", "identities", "fan", "cert.pem"), "torn");
    expect((await run("provision", "fan")).code).toBe(0);
    const all = readdirSync(file("place", "identities", "fan")).filter((name) => name.startsWith("key"));
    expect(all).toHaveLength(2);
    expect(all.map((name) => readFileSync(file("place", "identities", "fan", name), "utf8"))).toContain(first);
  });

  test("whoever was interrupted gets policy and thing for the key that is there", patience, async () => {
    expect((await run("provision", "valve")).code).toBe(0);
    const key = readFileSync(file("valve", "key.pem"), "utf8");
    const { iot } = await openCloud({ dir: file("place") });
    const { principals = [] } = await iot.send(new ListThingPrincipalsCommand({ thingName: "valve" }));
    const [principal = ""] = principals;
    await iot.send(new DetachThingPrincipalCommand({ thingName: "valve", principal }));
    await iot.send(new DetachPolicyCommand({ policyName: "esp32-jobs-device", target: principal }));
    expect((await run("provision", "valve")).code).toBe(0);
    expect(readFileSync(file("valve", "key.pem"), "utf8")).toBe(key);
    expect((await iot.send(new ListThingPrincipalsCommand({ thingName: "valve" }))).principals).toEqual([principal]);
    expect((await iot.send(new ListAttachedPoliciesCommand({ target: principal }))).policies).toMatchObject([
      { policyName: "esp32-jobs-device" },
    ]);
  });

  test("files that others could read are theirs no longer", patience, async () => {
    mkdirSync(file("open"));
    for (const name of ["open/key.pem", "open.bin"]) {
      writeFileSync(file(name), "old");
      chmodSync(file(name), 0o644);
    }
    await json("provision", "open", "--no-wifi", "--nvs", "open.bin");
    for (const name of ["open/key.pem", "open/settings.json", "open.bin"]) expect(modeOf(name)).toBe(0o600);
    expect(readdirSync(dir).filter((name) => name.startsWith(".open"))).toEqual([]);
  });
});

describe("without a cloud", () => {
  let authority: Authority;
  const settings = { thingName: "own", endpoint: "x-ats.iot.eu-west-1.amazonaws.com", wifi: network };

  beforeAll(async () => {
    authority = await makeAuthority();
  });

  beforeEach(async () => {
    mkdirSync(file("own"), { recursive: true });
    const { certificate, privateKey } = await authority.sign();
    const files = { "cert.pem": certificate, "key.pem": privateKey, "ca.pem": authority.root, "settings.json": JSON.stringify(settings) };
    for (const [name, text] of Object.entries(files)) writeFileSync(file("own", name), text.replaceAll("\n", "\r\n"));
  });

  test("makes an image of files that are there, and leaves them as they are", patience, async () => {
    const before = readFileSync(file("own/key.pem"), "utf8");
    const done = await run("provision", "own", "--from-files", "own", "--nvs", "own.bin", "--nvs-size", "0x5000");
    expectDiscreet(done);
    expect(done).toMatchObject({ code: 0, err: "" });
    expect(done.out).toContain("esp32-jobs flash --port /dev/ttyUSB0 --identity own.bin");
    expect(statSync(file("own.bin")).size).toBe(0x5000);
    expect(settingsIn("own.bin")).toEqual(settings);
    expect(identityIn("own.bin")["key.pem"]).toBe(before.replaceAll("\r\n", "\n"));
    expect(readFileSync(file("own/key.pem"), "utf8")).toBe(before);
  });

  test("or a folder, in which an agent finds them as they should be", patience, async () => {
    const done = await json("provision", "own", "--from-files", "own", "--out", "made");
    expect(done).toEqual({
      thingName: "own",
      endpoint: settings.endpoint,
      port: 8883,
      folder: "made",
      files: ["settings.json", "cert.pem", "key.pem", "ca.pem"],
    });
    expect(readFileSync(file("made/cert.pem"), "utf8")).not.toContain("\r");
    expect(modeOf("made")).toBe(0o700);
  });

  test("takes the network from the environment before that of the settings", patience, async () => {
    const other = openCommandLine({ ESP32_JOBS_WIFI_SSID: "elsewhere", ESP32_JOBS_WIFI_PASSWORD: password });
    try {
      expectDiscreet(await other.run("provision", "own", "--from-files", file("own"), "--nvs", file("elsewhere.bin")));
      expect(settingsIn("elsewhere.bin")).toMatchObject({ wifi: { ssid: "elsewhere", password } });
    } finally {
      other.close();
    }
    const wrong = openCommandLine({ ESP32_JOBS_WIFI_SSID: "elsewhere", ESP32_JOBS_WIFI_PASSWORD: "short" });
    try {
      expect(await wrong.run("provision", "own", "--from-files", file("own"), "--nvs", "x.bin")).toMatchObject({
        code: 2,
        err: expect.stringMatching(
          /^esp32-jobs: ESP32_JOBS_WIFI_SSID and ESP32_JOBS_WIFI_PASSWORD: the Wi-Fi password must have/,
        ) as string,
      });
    } finally {
      wrong.close();
    }
  });

  test("says in one sentence what is wrong, and writes nothing", { timeout: 120_000 }, async () => {
    const offline = { ...settings, wifi: undefined };
    const write = (name: string, value: unknown) =>
      writeFileSync(file("own", name), typeof value === "string" ? value : JSON.stringify(value));
    const image = ["--from-files", "own", "--nvs", "none.bin"];
    const stranger = (await authority.sign()).privateKey;
    const old = await authority.sign({ fromDays: -9, untilDays: -1 });
    const age = (): void => (write("cert.pem", old.certificate), write("key.pem", old.privateKey));
    for (const [words, code, sentence, prepare] of [
      [["own", "--from-files", "own"], 2, /--from-files makes an image or a folder: name one with --nvs or --out/],
      [["own", "--from-files", "nowhere", "--nvs", "none.bin"], 2, /there is no folder nowhere/],
      [["own", ...image, "--aws"], 2, /'--from-files <folder>' cannot be used with option '--aws'/],
      [["own", ...image, "--nvs-size", "0x6001"], 2, /must be whole pages of 4096 bytes, three or more, such as 0x6000/],
      [["own", ...image, "--nvs-size", "0x2000"], 2, /must be whole pages of 4096 bytes/],
      [["own", ...image, "--wifi", "missing.json"], 2, /the file "missing\.json" cannot be read: it is not there/],
      [["own", ...image, "--wifi", "own/cert.pem"], 1, /own\/cert\.pem is not JSON/],
      [["own", ...image, "--signer", "own/cert.pem"], 0, /^$/],
      [["own", ...image, "--signer", "own/key.pem"], 1, /own\/key\.pem holds a private key: only key\.pem may/],
      [["own", ...image, "--signer", "own/settings.json"], 1, /own\/settings\.json must hold a public key, and holds no PEM block/],
      [["other", ...image], 1, /settings\.json is for the thing "own", not for "other"/],
      [["own", ...image], 1, /key\.pem is not the key of cert\.pem/, () => write("key.pem", stranger)],
      [["own", ...image], 1, /cert\.pem has expired/, age],
      [["own", ...image], 2, /which network does the board join\? Name a file with --wifi/, () => write("settings.json", offline)],
      [["own", ...image], 1, /own\/settings\.json is not JSON/, () => write("settings.json", "{torn")],
    ] as [string[], number, RegExp, (() => void)?][]) {
      rmSync(file("none.bin"), { force: true });
      prepare?.();
      const done = await run("provision", ...words);
      expect(done.err).toMatch(sentence);
      expect(done.code).toBe(code);
      expectDiscreet(done);
      expect(existsSync(file("none.bin"))).toBe(code === 0);
    }
  });
});
