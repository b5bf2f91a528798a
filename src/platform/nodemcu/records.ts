/**
 * Records as files that survive a power cut, on a file system whose rename refuses an existing name (file.c, SPIFFS).
 *
 * A file is the MD5 of the text, in hexadecimal, and the text: a torn one does not match. A write makes NAME.record.new, removes
 * NAME.record, and renames. Where power may be lost, and what `read` finds then:
 *
 *   1. while .new is written     old is whole                            -> old text
 *   2. after .new is complete    both are whole                          -> old text
 *   3. after old was removed     only .new, whole                        -> new text
 *   4. during the rename         as 3, or done                           -> new text
 *
 * The next write must not touch .new while it is the only good one (3 and 4): it finishes the rename first.
 */
import type { Records } from "../../ports";
import { readFile, writeFile } from "./files";
import { nodemcuHashes } from "./hashes";

function sealed(text: string): string {
  const hash = nodemcuHashes.start("md5");
  hash.update(text);
  return hash.hex() + text;
}

function load(name: string): string | undefined {
  const whole = readFile(name);
  if (whole === undefined) return undefined;
  const text = string.sub(whole, 33);
  return sealed(text) === whole ? text : undefined;
}

function replace(current: string, fresh: string): boolean {
  file.remove(current);
  return file.rename(fresh, current);
}

export const nodemcuRecords: Records = {
  read: (name) => load(`${name}.record`) ?? load(`${name}.record.new`),
  write(name, text) {
    const current = `${name}.record`;
    const fresh = `${current}.new`;
    if (name.length > 15 || text.length > 4000) return false;
    if (load(current) === undefined) replace(current, fresh);
    if (!writeFile(fresh, sealed(text))) {
      file.remove(fresh);
      return false;
    }
    // Without the rename the new text is safe too, unless the old one could not be removed.
    return replace(current, fresh) || load(current) === undefined;
  },
};
