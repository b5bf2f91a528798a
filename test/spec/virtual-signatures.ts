/** Signatures for specs: a digest of the bytes and of who signed them. Anybody can make one, and every changed byte shows. */
import type { Bytes, Refusal, Signatures } from "../../src/ports";
import { virtualHash } from "./virtual-hash";

/** Signatures by `signer` are right, all others wrong; with a problem none can be checked. */
export function virtualSignatures(signer: string, problem?: Refusal): Signatures {
  return {
    problem,
    start() {
      const hash = virtualHash("sha256");
      return {
        update: (chunk) => hash.update(chunk),
        matches(signature: string): boolean {
          hash.update(signer);
          return hash.hex() === signature;
        },
      };
    },
  };
}

/** What `signer` signs `bytes` with. */
export function virtualSignature(signer: string, bytes: Bytes): string {
  const hash = virtualHash("sha256");
  hash.update(bytes);
  hash.update(signer);
  return hash.hex();
}
