/** esp32-jobs key and sign as a person uses them: programs of their own, files with the right rights, one sentence for what is wrong. */
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseManifest } from "../tools/firmware/manifest";
import { openCommandLine } from "./surroundings/command-line";
import { makeBuild, manifestOf } from "./surroundings/firmware-build";

const line = openCommandLine();
afterAll(line.close);

const signer = join(line.dir, "signer", "signer-key.pem");
const publicKey = join(line.dir, "signer", "signer.pem");

/** A built firmware of this test's own; the path of its manifest. */
function build(): string {
  return join(makeBuild(), "manifest.json");
}
function imageOf(manifest: string): Buffer {
  return readFileSync(join(manifest, "..", "nodemcu.bin"));
}

beforeAll(async () => {
  const { code, out, err } = await line.run("key", "new", "--out", "signer");
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toContain("signer/signer-key.pem  signs firmware");
});

describe("key new", { timeout: 30_000 }, () => {
  test("makes a key on P-256, the private half for its owner alone", () => {
    expect(readFileSync(signer, "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(readFileSync(publicKey, "utf8")).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(statSync(signer).mode & 0o777).toBe(0o600);
    expect(createPublicKey(readFileSync(signer)).equals(createPublicKey(readFileSync(publicKey)))).toBe(true);
    expect(createPublicKey(readFileSync(publicKey)).asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
  });

  test("replaces no key, unless it is forced to", async () => {
    await line.run("key", "new", "--out", "once");
    const path = join(line.dir, "once", "signer-key.pem");
    const before = readFileSync(path, "utf8");
    const refused = await line.run("key", "new", "--out", "once");
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toMatch(/^esp32-jobs: once\/signer-key\.pem is there already, .*--force\n$/);
    expect(readFileSync(path, "utf8")).toBe(before);
    chmodSync(path, 0o644);
    expect(await line.json("key", "new", "--out", "once", "--force")).toEqual({
      privateKey: "once/signer-key.pem",
      publicKey: "once/signer.pem",
    });
    expect(readFileSync(path, "utf8")).not.toBe(before);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const kept = readdirSync(join(line.dir, "once")).filter((name) => /^signer-key-[0-9a-f]{12}\.pem$/.test(name));
    expect(kept.map((name) => readFileSync(join(line.dir, "once", name), "utf8"))).toEqual([before]);
  });

  test("says where it cannot make a folder", async () => {
    const { code, err } = await line.run("key", "new", "--out", "/proc/none/signer");
    expect(code).toBe(1);
    expect(err).toBe('esp32-jobs: the file "/proc/none/signer/signer-key.pem" cannot be written: it is not there\n');
  });
});

describe("sign", { timeout: 30_000 }, () => {
  test("puts a signature of the image into the manifest, and leaves the rest", async () => {
    const manifest = build();
    writeFileSync(manifest, JSON.stringify({ ...(JSON.parse(readFileSync(manifest, "utf8")) as object), note: "kept" }));
    const before = JSON.parse(readFileSync(manifest, "utf8")) as object;
    expect(await line.json("sign", manifest, "--key", signer)).toMatchObject({ image: "nodemcu.bin", version: "1.2.3", signed: true });
    const after = JSON.parse(readFileSync(manifest, "utf8")) as { signature: string };
    expect(after).toEqual({ ...before, signature: after.signature });
    expect(parseManifest(JSON.stringify(after)).signature).toBe(after.signature);
    const der = Buffer.from(after.signature, "base64");
    expect(verify("sha256", imageOf(manifest), createPublicKey(readFileSync(publicKey)), der)).toBe(true);
    for (const key of [publicKey, signer]) {
      const checked = await line.run("sign", manifest, "--key", key, "--verify");
      expect(checked).toMatchObject({ code: 0, err: "" });
      expect(checked.out).toBe("nodemcu.bin, version 1.2.3: signed by this key\n");
    }
  });

  /** What `sign` says of a manifest that was changed, or of another key. */
  async function sentence(args: readonly string[]): Promise<string> {
    const { code, out, err } = await line.run("sign", ...args);
    expect(code).toBeGreaterThan(0);
    expect(out).toBe("");
    expect(err).toMatch(/^esp32-jobs: [^\n]*\n$/);
    return err.slice("esp32-jobs: ".length, -1);
  }

  test("refuses an image that is not the manifest's, and writes nothing", async () => {
    const manifest = build();
    const text = readFileSync(manifest, "utf8");
    const image = imageOf(manifest);
    writeFileSync(join(manifest, "..", "nodemcu.bin"), image.subarray(1));
    expect(await sentence([manifest, "--key", signer])).toMatch(
      /^nodemcu\.bin is not the image that manifest\.json describes: it has \d+ bytes instead of \d+; build again$/,
    );
    image[1000]! ^= 1;
    writeFileSync(join(manifest, "..", "nodemcu.bin"), image);
    expect(await sentence([manifest, "--key", signer])).toMatch(/^nodemcu\.bin is not the image .*: its MD5 differs; build again$/);
    expect(readFileSync(manifest, "utf8")).toBe(text);
  });

  test("refuses an image that is not for the manifest's chip, of its project or of its version: boards would refuse it later", async () => {
    for (const [fields, wanted] of [
      [{ chip: "esp32c3" }, /^nodemcu\.bin is for the ESP32, and manifest\.json for the ESP32-C3$/],
      [{ project: "blinky" }, /: its project is esp32-jobs instead of blinky; build again$/],
      [{ version: "9.9.9" }, /: its version is 1\.2\.3 instead of 9\.9\.9; build again$/],
    ] as const) {
      const folder = makeBuild({ change: (files) => (files["manifest.json"] = manifestOf(files["nodemcu.bin"] as Buffer, fields)) });
      expect(await sentence([join(folder, "manifest.json"), "--key", signer])).toMatch(wanted);
    }
  });

  test("--verify tells an unsigned manifest, another's signature and a changed image apart", async () => {
    const manifest = build();
    expect(await sentence([manifest, "--key", publicKey, "--verify"])).toMatch(/^manifest\.json has no signature/);
    mkdirSync(join(line.dir, "other"), { recursive: true });
    await line.run("key", "new", "--out", "other", "--force");
    await line.run("sign", manifest, "--key", join(line.dir, "other", "signer-key.pem"));
    expect(await sentence([manifest, "--key", publicKey, "--verify"])).toBe(
      "the signature in manifest.json is not one of signer.pem over nodemcu.bin",
    );
    const image = imageOf(manifest);
    image[2000]! ^= 1;
    writeFileSync(join(manifest, "..", "nodemcu.bin"), image);
    expect(await sentence([manifest, "--key", publicKey, "--verify"])).toMatch(/its MD5 differs/);
  });

  test("says in one sentence what a key is that is none, and never quotes it", async () => {
    const manifest = build();
    const put = (name: string, text: string): string => {
      writeFileSync(join(line.dir, name), text, { mode: 0o600 });
      return join(line.dir, name);
    };
    const pem = (key: ReturnType<typeof generateKeyPairSync>["privateKey"], passphrase?: string): string =>
      key.export({ type: "pkcs8", format: "pem", ...(passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase }) }).toString();
    const own = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const larger = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
    expect(await sentence([manifest, "--key", put("rubbish", "secret words")])).toBe("rubbish holds no private key in PEM form");
    expect(await sentence([manifest, "--key", publicKey])).toBe("signer.pem holds no private key in PEM form");
    expect(await sentence([manifest, "--key", put("larger", pem(larger))])).toBe(
      "larger is not a key on the curve P-256, the one that boards check",
    );
    expect(await sentence([manifest, "--key", put("locked", pem(own, "word"))])).toMatch(/^locked is encrypted: openssl pkey/);
    expect(await sentence([manifest, "--key", join(line.dir, "none")])).toMatch(/none" cannot be read: it is not there$/);
    const quoted = await sentence([manifest, "--key", pem(own)]);
    expect(quoted).toBe("--key takes the name of a file: a key on the command line is seen by others");
    expect(await sentence([join(line.dir, "nothing.json"), "--key", signer])).toMatch(/nothing\.json" cannot be read: it is not there$/);
  });

  test("warns of a key that others can read, and takes one with Windows line ends", async () => {
    const manifest = build();
    const copy = join(line.dir, "copy.pem");
    copyFileSync(signer, copy);
    writeFileSync(copy, readFileSync(copy, "utf8").replaceAll("\n", "\r\n"));
    chmodSync(copy, 0o644);
    const { code, err } = await line.run("sign", manifest, "--key", copy);
    expect(code).toBe(0);
    expect(err).toMatch(/copy\.pem can be read by others: chmod 600/);
    expect(await line.run("sign", manifest, "--key", publicKey, "--verify")).toMatchObject({ code: 0 });
  });
});
