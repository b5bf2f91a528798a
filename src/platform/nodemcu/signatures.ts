/** Signatures of firmware, by `verify` of our component: stock NodeMCU has nothing that checks one. */
import { fromBase64 } from "./base64";
import type { Signatures } from "../../ports";

/** DER has one form for two whole numbers; mbedTLS takes others too (asn1parse.c reads long lengths, leading zeros and negative numbers). */
function isDer(der: string): boolean {
  const [sequence, length] = string.byte(der, 1, 2);
  let at = 3;
  for (let n = 0; n < 2; n++) {
    const [tag, size, first, second] = string.byte(der, at, at + 3);
    if (tag !== 2 || size === undefined || first === undefined || first > 127) return false;
    if (first === 0 && (size < 2 || (second ?? 0) < 128)) return false;
    at += 2 + size;
  }
  return sequence === 48 && length === der.length - 2 && at === der.length + 1;
}

/** `signerPem` is a public key or a certificate; undefined where the board was given none. */
export function nodemcuSignatures(signerPem: string | undefined): Signatures | undefined {
  if (signerPem === undefined) return undefined;
  return {
    problem: jobsfw === undefined ? "this firmware lacks the component jobsfw" : undefined,
    start() {
      const hash = crypto.new_hash("sha256");
      return {
        update: (chunk) => hash.update(chunk),
        matches(signature) {
          const der = fromBase64(signature);
          if (jobsfw === undefined || der === undefined || !isDer(der)) return false;
          const [isRight] = jobsfw.verify(signerPem, hash.finalize(), der);
          return isRight;
        },
      };
    },
  };
}
