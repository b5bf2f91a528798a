/** Signatures of firmware, by `verify` of our component: stock NodeMCU has nothing that checks one. */
import { fromBase64 } from "./base64";
import type { Signatures } from "../../ports";

/** What `verify` says of a signature that is not right by a key that is: any other code tells of the key (component's README). */
const wrongSignature = -19968;

/** Found out at boot, not when an image has been downloaded: one and one is the shortest signature, and nobody's. */
function keyProblem(firmware: JobsfwModule, signerPem: string): string | undefined {
  const [, code] = firmware.verify(signerPem, string.rep("0", 32), string.char(48, 6, 2, 1, 1, 2, 1, 1));
  return code === wrongSignature ? undefined : `signer.pem is no public key on the curve P-256 (${tostring(code)})`;
}

/** `signerPem` is a public key or a certificate; undefined where the board was given none. */
export function nodemcuSignatures(signerPem: string | undefined): Signatures | undefined {
  if (signerPem === undefined) return undefined;
  return {
    problem: jobsfw === undefined ? "this firmware lacks the component jobsfw" : keyProblem(jobsfw, signerPem),
    start() {
      const hash = crypto.new_hash("sha256");
      return {
        update: (chunk) => hash.update(chunk),
        matches(signature) {
          const der = fromBase64(signature);
          if (jobsfw === undefined || der === undefined) return false;
          const [isRight] = jobsfw.verify(signerPem, hash.finalize(), der);
          return isRight;
        },
      };
    },
  };
}
