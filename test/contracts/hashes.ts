import type { Bytes } from "../../src/ports";
import { equal } from "../spec/spec";
import { atOnce, type Contract, type Subject } from "./contract";

/** Each byte once, 0 to 255. */
export function everyByte(): Bytes {
  const bytes: string[] = [];
  for (let code = 0; code < 256; code++) bytes.push(String.fromCharCode(code));
  return bytes.join("");
}

function digests({ hashes }: Subject, chunks: readonly Bytes[]): { readonly md5: string; readonly sha256: string } {
  const md5 = hashes.start("md5");
  const sha256 = hashes.start("sha256");
  for (const chunk of chunks) {
    md5.update(chunk);
    sha256.update(chunk);
  }
  return { md5: md5.hex(), sha256: sha256.hex() };
}

// Computed with md5sum and sha256sum.
const ofNothing = {
  md5: "d41d8cd98f00b204e9800998ecf8427e",
  sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
};
const ofAbc = {
  md5: "900150983cd24fb0d6963f7d28e17f72",
  sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
};
const ofEveryByte = {
  md5: "e2c865db4162bed963bfaa9ef6ac18f0",
  sha256: "40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880",
};

/** What the hashes owe. */
export const hashContracts: readonly Contract[] = [
  atOnce("the digests of nothing are right", (subject) => {
    equal(digests(subject, []), ofNothing);
    equal(digests(subject, [""]), ofNothing);
  }),
  atOnce("the digests of text are right", (subject) => equal(digests(subject, ["abc"]), ofAbc)),
  atOnce("the digests of every byte are right", (subject) => equal(digests(subject, [everyByte()]), ofEveryByte)),
  atOnce("the digests do not depend on how the bytes come in pieces", (subject) => {
    const bytes = everyByte();
    equal(digests(subject, [bytes.slice(0, 1), "", bytes.slice(1, 200), bytes.slice(200)]), ofEveryByte);
  }),
  atOnce("two digests can be computed at the same time", ({ hashes }) => {
    const one = hashes.start("sha256");
    const other = hashes.start("sha256");
    one.update("a");
    other.update("abc");
    one.update("bc");
    equal([one.hex(), other.hex()], [ofAbc.sha256, ofAbc.sha256]);
  }),
];
