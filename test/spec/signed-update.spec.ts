/** Firmware on a device that knows its signer: nothing else is made the next to boot. */
import { equal, ok, type Spec } from "./spec";
import { execution, virtualAgent, type VirtualAgent } from "./virtual-agent";
import type { VirtualDeviceOptions } from "./virtual-device";
import { virtualDigest } from "./virtual-hash";
import type { ScriptedAnswer } from "./virtual-http";
import { virtualSignature } from "./virtual-signatures";

const url = "https://images.test/fw.bin";
const chunks = [String.fromCharCode(233) + "a".repeat(499), "b".repeat(500)];
const image = chunks.join("");
const md5 = virtualDigest("md5", image);
const served: ScriptedAnswer = { status: 200, sizeBytes: 1000, chunks };
const right = virtualSignature("works", image);

/** A device that knows its signer, given an ota job whose document has these members, after a while. */
function update(members: string, options: VirtualDeviceOptions = {}): VirtualAgent {
  const lamp = virtualAgent({ answers: { [url]: served }, signer: "works", ...options });
  lamp.connect();
  lamp.accept(`"execution":${execution("a", `{"action":"ota","version":"2.0.0",${members}}`)}`);
  lamp.device.advance(4900);
  return lamp;
}

function ending(lamp: VirtualAgent): string {
  const { body } = lamp.last();
  const details = body["statusDetails"] as Record<string, string> | undefined;
  return `${body["status"] as string} ${details?.["code"] ?? ""}: ${details?.["reason"] ?? ""}`;
}

function hasDone(lamp: VirtualAgent, what: string): boolean {
  return lamp.device.trace.some((line) => line.indexOf(what) >= 0);
}

/** The update's image was made the next to boot, and the device restarted. */
function isActivated(lamp: VirtualAgent): boolean {
  lamp.accept();
  lamp.device.advance(5000);
  return hasDone(lamp, "activate") && hasDone(lamp, "restart");
}

const plain = `"url":"${url}","md5":"${md5}"`;

export const spec: Spec = {
  "takes an image that its signer signed": () => {
    const lamp = update(`${plain},"signature":"${right}"`);
    equal(lamp.reports(), ["a/update IN_PROGRESS"]);
    ok(isActivated(lamp), "it is booted next");
  },
  "needs no digest beside a signature that it checks": () => {
    ok(isActivated(update(`"url":"${url}","signature":"${right}"`)), "it is booted next");
    const other = update(`"url":"${url}","signature":"${right}"`, { answers: { [url]: { status: 200, chunks: [chunks[0] ?? "", "c"] } } });
    ok(ending(other).indexOf("FAILED SIGNATURE_INVALID") === 0, "another image is refused");
  },
  "rejects an unsigned image before a byte is fetched": () => {
    for (const members of [plain, `${plain},"codesign":{}`, `${plain},"codesign":{"rawPayloadSize":1000}`]) {
      const lamp = update(members);
      equal(ending(lamp), "REJECTED SIGNATURE_MISSING: this device takes signed firmware only");
      equal(lamp.device.trace, ["0 record journal"]);
    }
  },
  "fails a wrongly signed image without making it the next to boot": () => {
    const wrong = [virtualSignature("somebody", image), virtualSignature("works", `${image}.`), "AAAA", "="];
    for (const signature of wrong) {
      const lamp = update(`${plain},"signature":"${signature}"`);
      equal(ending(lamp), "FAILED SIGNATURE_INVALID: the signature is not the signer's over this image");
      ok(!isActivated(lamp), "the old firmware runs on");
      ok(!hasDone(lamp, "activate"), "nothing was activated");
    }
  },
  "checks what came, not what the document says of it": () => {
    const forged = [String.fromCharCode(233) + "x".repeat(499), "b".repeat(500)];
    const lamp = update(`"url":"${url}","md5":"${virtualDigest("md5", forged.join(""))}","signature":"${right}"`, {
      answers: { [url]: { status: 200, sizeBytes: 1000, chunks: forged } },
    });
    ok(ending(lamp).indexOf("FAILED SIGNATURE_INVALID") === 0, "the forged image is refused");
    const digest = update(`"url":"${url}","sha256":"${"0".repeat(64)}","signature":"${right}"`);
    ok(ending(digest).indexOf("FAILED SHA256_MISMATCH") === 0, "a wrong digest is told as one");
  },
  "checks each try of a broken download from its beginning": () => {
    const broken: ScriptedAnswer = { status: 200, sizeBytes: 1000, chunks: chunks.slice(0, 1), end: { kind: "failed", reason: "reset" } };
    const answers: Record<string, ScriptedAnswer> = { [url]: broken };
    const lamp = virtualAgent({ answers, signer: "works" });
    lamp.connect();
    lamp.accept(`"execution":${execution("a", `{"action":"ota","version":"2.0.0","url":"${url}","signature":"${right}"}`)}`);
    lamp.device.advance(500);
    answers[url] = served;
    lamp.device.advance(4000);
    ok(isActivated(lamp), "the second try is booted next");
  },
  "understands AWS Signer's form": () => {
    const form = (algorithm: string, size: string): string =>
      `"presign":"${url}","codesign":{"rawPayloadSize":${size},"signature":"${right}","signatureAlgorithm":${algorithm},"payloadLocation":{"s3":{"bucketName":"fw","key":"app.bin","version":"v7"}}}`;
    ok(isActivated(update(form('"SHA256withECDSA"', "1000"))), "it is booted next");
    const cases: [string, string][] = [
      [form('"SHA256withRSA"', "1000"), 'REJECTED INPUT_INVALID: "codesign.signatureAlgorithm" must be SHA256withECDSA'],
      [form("7", "1000"), 'REJECTED INPUT_INVALID: "codesign.signatureAlgorithm" must be text'],
      [form('"SHA256withECDSA"', "999"), "FAILED SIZE_MISMATCH: the server announces 1000 bytes, the job says 999"],
      [`${plain},"codesign":"${right}"`, 'REJECTED INPUT_INVALID: "codesign" must be an object'],
      [`${plain},"codesign":{"signature":7}`, 'REJECTED INPUT_INVALID: "codesign.signature" must be text'],
      [`${plain},"signature":""`, 'REJECTED INPUT_INVALID: "signature" must have 1 to 1024 characters'],
    ];
    for (const [members, expected] of cases) equal(ending(update(members)), expected);
    ok(ending(update(`${plain},"signature":"a b"`)).indexOf("REJECTED INPUT_INVALID") === 0, "a space is no base64");
  },
  "refuses every update when it cannot check": () => {
    const lamp = update(`${plain},"signature":"${right}"`, { signatureProblem: "no component" });
    equal(ending(lamp), "REJECTED SIGNATURE_UNVERIFIABLE: signatures cannot be checked: no component");
    equal(lamp.device.trace, ["0 record journal"]);
  },
  "without a signer's key it goes by the digest, as ever": () => {
    const answers = { [url]: served };
    const stranger = virtualAgent({ answers });
    stranger.connect();
    stranger.accept(`"execution":${execution("a", `{"action":"ota","version":"2.0.0","url":"${url}","signature":"${right}"}`)}`);
    equal(ending(stranger), 'REJECTED INPUT_INVALID: "md5" or "sha256" is required');
    const lamp = virtualAgent({ answers });
    lamp.connect();
    lamp.accept(`"execution":${execution("a", `{"action":"ota","version":"2.0.0",${plain},"signature":"AAAA"}`)}`);
    lamp.device.advance(4900);
    ok(isActivated(lamp), "it is booted next");
  },
};
