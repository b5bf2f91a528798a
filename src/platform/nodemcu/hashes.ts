/** MD5 and SHA-256 by the firmware's own code. */
import type { Hashes } from "../../ports";

export const nodemcuHashes: Hashes = {
  start(algorithm) {
    const hash = crypto.new_hash(algorithm);
    return {
      update: (chunk) => hash.update(chunk),
      hex() {
        const [digits] = string.gsub(hash.finalize(), ".", (byte) => string.format("%02x", string.byte(byte)));
        return digits;
      },
    };
  },
};
