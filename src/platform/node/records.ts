/** Records as files of the agent's folder, one for each. */
import type { Records } from "../../ports";
import { readText, writeDurably } from "./files";

const longestBytes = 4000;

function isName(name: string): boolean {
  return /^[a-z]{1,15}$/.test(name);
}

export function nodeRecords(dir: string): Records {
  return {
    read(name) {
      if (!isName(name)) return undefined;
      try {
        return readText(dir, `${name}.record`);
      } catch {
        // Unreadable is as good as absent: the agent then knows no more than a new device does.
        return undefined;
      }
    },
    write(name, text) {
      if (!isName(name) || Buffer.byteLength(text) > longestBytes) return false;
      try {
        writeDurably(dir, `${name}.record`, text);
        return true;
      } catch {
        return false;
      }
    },
  };
}
