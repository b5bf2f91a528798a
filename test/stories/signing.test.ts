/** Stories of boards that know their signer: what it signed becomes the next firmware, and nothing else does. */
import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { luaModules } from "../../tools/cli/virtual-board";
import { buildImage } from "../../tools/virtual-esp32/image";
import { openWorld, type World } from "./world";

const signer = generateKeyPairSync("ec", { namedCurve: "P-256" });
const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
const signerPem = signer.publicKey.export({ type: "spki", format: "pem" }).toString();

let world: World;
afterEach(() => world.close());

async function open(firmware: "stock" | "jobsfw", signedBy = signerPem): Promise<void> {
  world = await openWorld({ board: { firmware } });
  world.board.files.write("signer.pem", signedBy);
  world.board.powerOn();
  await world.until(() => world.traffic.some(({ topic }) => topic.endsWith("$next/get/accepted")));
}

/** A signature of the image that `world.publish` serves for a version. */
function signatureOf(version: string, key: KeyObject): string {
  return sign("sha256", buildImage({ version, project: "esp32-jobs", sizeBytes: 300_000, modules: luaModules() }), key).toString("base64");
}

/** The first firmware runs and will, and the board still does its jobs. */
async function expectOldFirmware(): Promise<void> {
  await world.pass(60_000);
  expect(world.board.slots()).toMatchObject({ running: "ota_0", next: "ota_0" });
  world.createJob("d", { action: "describe" });
  expect(await world.ended("d")).toBe("SUCCEEDED");
  expect(world.details("d")).toMatchObject({ version: "1.0.0", slot: "ota_0", state: "accepted", bootReason: "power" });
}

test("an update that the signer signed is booted, and the new firmware asks for a signature again", async () => {
  await open("jobsfw");
  world.createJob("u", { action: "ota", ...world.publish("2.0.0"), signature: signatureOf("2.0.0", signer.privateKey) });
  expect(await world.ended("u")).toBe("SUCCEEDED");
  expect(world.board.slots()).toMatchObject({ running: "ota_1", states: { ota_1: "valid" } });
  world.createJob("v", { action: "ota", ...world.publish("2.1.0") });
  expect(await world.ended("v")).toBe("REJECTED SIGNATURE_MISSING");
});

test("an update in the form of AWS Signer is taken", async () => {
  await open("jobsfw");
  const { url, size, version } = world.publish("2.0.0");
  world.createJob("u", {
    action: "ota",
    version,
    presign: url,
    codesign: {
      rawPayloadSize: size,
      signature: signatureOf("2.0.0", signer.privateKey),
      signatureAlgorithm: "SHA256withECDSA",
      payloadLocation: { s3: { bucketName: "firmware", key: "app.bin", version: "v7" } },
    },
  });
  expect(await world.ended("u")).toBe("SUCCEEDED");
  expect(world.board.slots()).toMatchObject({ running: "ota_1" });
});

test("an unsigned update is rejected before a byte of it is fetched", async () => {
  await open("jobsfw");
  const writes = world.board.slots();
  world.createJob("u", { action: "ota", ...world.publish("2.0.0") });
  expect(await world.ended("u")).toBe("REJECTED SIGNATURE_MISSING");
  expect(world.board.slots()).toEqual(writes);
  await expectOldFirmware();
});

test.each([
  ["signed by somebody else", () => signatureOf("2.0.0", stranger.privateKey)],
  ["with another image's signature", () => signatureOf("1.9.9", signer.privateKey)],
  ["with a signature that is none", () => "AAAA"],
])("an update %s fails, and the old firmware still runs", async (_, signature) => {
  await open("jobsfw");
  world.createJob("u", { action: "ota", ...world.publish("2.0.0"), signature: signature() });
  expect(await world.ended("u")).toBe("FAILED SIGNATURE_INVALID");
  await expectOldFirmware();
});

test.each([
  ["a private key", () => signer.privateKey.export({ type: "pkcs8", format: "pem" }).toString()],
  ["an RSA key", () => generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "pem" }).toString()],
  ["half a key", () => signerPem.slice(0, 90)],
])("a board given %s to check with says at boot that it takes no updates, and fetches none", async (_, pem) => {
  await open("jobsfw", pem());
  expect(world.lines).toContainEqual(
    expect.stringMatching(/^limit: no updates: signer\.pem is no public key on the curve P-256 \(-\d+\)$/),
  );
  world.createJob("u", { action: "ota", ...world.publish("2.0.0"), signature: signatureOf("2.0.0", signer.privateKey) });
  expect(await world.ended("u")).toBe("REJECTED SIGNATURE_UNVERIFIABLE");
  expect(world.details("u")["reason"]).toContain("signer.pem is no public key");
  await expectOldFirmware();
});

test("a stock board with a signer's key says at boot that it takes no updates, and takes none", async () => {
  await open("stock");
  expect(world.lines).toContain("limit: no updates: this firmware lacks the component jobsfw");
  world.createJob("u", { action: "ota", ...world.publish("2.0.0"), signature: signatureOf("2.0.0", signer.privateKey) });
  expect(await world.ended("u")).toBe("REJECTED SIGNATURE_UNVERIFIABLE");
  await expectOldFirmware();
});
