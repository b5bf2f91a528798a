/** MD5 and SHA-256. */
import { createHash } from "node:crypto";
import type { Hashes } from "../../ports";

export const nodeHashes: Hashes = {
  start(algorithm) {
    const hash = createHash(algorithm);
    return {
      update: (chunk) => void hash.update(chunk, "latin1"),
      hex: () => hash.digest("hex"),
    };
  },
};
