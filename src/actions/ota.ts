/** Updates the firmware over the air. */
import { failed, succeeded } from "../failure";
import { imageProblem, type Image } from "../ota/image";
import { activate, install } from "../ota/install";
import { base64Characters } from "../portable/characters";
import { defineAction, restart } from "./action";
import type { AnyInput } from "./input";

const hex = "0123456789abcdefABCDEF";

export const ota = defineAction({
  name: "ota",
  summary: "Download a firmware image, check it, and start it on trial.",
  input: {
    url: { kind: "optional", field: { kind: "text", min: 1, max: 8192, about: "Where the image is; https. This or presign is required" } },
    presign: { kind: "optional", field: { kind: "text", min: 1, max: 8192, about: "The same, by the name that AWS's examples give it" } },
    version: { kind: "text", min: 1, max: 64, about: "The version, for people; the report tells what the image itself says" },
    md5: {
      kind: "optional",
      field: {
        kind: "text",
        min: 32,
        max: 32,
        of: hex,
        about: "MD5 of the image; this or sha256 is required where no signature is checked",
      },
    },
    sha256: {
      kind: "optional",
      field: {
        kind: "text",
        min: 64,
        max: 64,
        of: hex,
        about: "SHA-256 of the image; this or md5 is required where no signature is checked",
      },
    },
    size: { kind: "optional", field: { kind: "integer", min: 1, max: 33554432, unit: "bytes", about: "Length of the image" } },
    signature: {
      kind: "optional",
      field: { kind: "text", min: 1, max: 1024, of: base64Characters, about: "ECDSA P-256 over the image's SHA-256: DER in base64" },
    },
    "codesign.signature": {
      kind: "optional",
      field: { kind: "text", min: 1, max: 1024, of: base64Characters, about: "The same, as AWS Signer gives it" },
    },
    "codesign.signatureAlgorithm": {
      kind: "optional",
      field: { kind: "text", min: 1, max: 64, about: "What AWS Signer says of it; `SHA256withECDSA` where signatures are checked" },
    },
    "codesign.rawPayloadSize": {
      kind: "optional",
      field: { kind: "integer", min: 1, max: 33554432, unit: "bytes", about: "Length of the image, as AWS Signer gives it" },
    },
  },
  budgetSeconds: 3600,
  inSafeMode: true,
  check(context, input) {
    return imageProblem(context, imageOf(input), context.allowHttp);
  },
  *run(context, input) {
    const previous = context.firmware.info();
    const target = context.firmware.target();
    if (target === undefined) return failed("UNSUPPORTED", "this board has no second firmware slot");
    const problem = yield* install(context, imageOf(input), context.allowHttp, (details) => context.progress(details));
    if (problem !== undefined) return problem;
    return restart({ slot: target.slot, previous: previous.version }, () => activate(context));
  },
  *resume({ firmware }, note) {
    const running = firmware.info();
    if (running.slot !== note["slot"]) {
      return failed("ROLLED_BACK", `the new firmware did not prove itself; ${running.version} runs again from ${running.slot}`);
    }
    if (running.state === "trial") return failed("FLASH_FAILED", "the new firmware could not be accepted");
    return succeeded({ version: running.version, slot: running.slot, previous: note["previous"] ?? "unknown" });
  },
});

function imageOf(input: AnyInput): Image {
  const text = (name: string): string | undefined => input[name] as string | undefined;
  return {
    url: text("url") ?? text("presign") ?? "",
    md5: text("md5")?.toLowerCase(),
    sha256: text("sha256")?.toLowerCase(),
    sizeBytes: (input["size"] ?? input["codesign.rawPayloadSize"]) as number | undefined,
    signature: text("signature") ?? text("codesign.signature"),
    algorithm: text("codesign.signatureAlgorithm"),
  };
}
