/** Signatures of firmware, by node:crypto. OpenSSL takes one form of DER and no other. */
import { createVerify, type KeyObject } from "node:crypto";
import type { Signatures } from "../../ports";

/** `signer` is a public key on P-256; undefined where the agent was given none. */
export function nodeSignatures(signer: KeyObject | undefined): Signatures | undefined {
  if (signer === undefined) return undefined;
  return {
    problem: undefined,
    start() {
      const check = createVerify("sha256");
      return {
        update: (chunk) => void check.update(chunk, "latin1"),
        matches(signature) {
          const der = Buffer.from(signature, "base64");
          // Node reads what is no base64 as well as it can.
          if (der.toString("base64") !== signature) return false;
          try {
            return check.verify(signer, der);
          } catch {
            return false;
          }
        },
      };
    },
  };
}
