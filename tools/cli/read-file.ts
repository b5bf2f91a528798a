/** Files that a person names. */
import { readFileSync } from "node:fs";
import { WrongUsage } from "./failing";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "it is not there",
  EACCES: "you may not read it",
  EISDIR: "it is a folder",
};

/** The bytes of a file; refuses with a sentence. What it holds is in none. */
export function readNamedFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code = "unknown reason" } = error as NodeJS.ErrnoException;
    throw new WrongUsage(`the file "${path}" cannot be read: ${reasons[code] ?? code}`);
  }
}
