/** The same plan, written by the person's own esptool. */
import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { hex } from "./flash-places";
import type { FlashPart, FlashPlan } from "./flash-plan";
import { FirmwareProblem } from "./problem";

export interface EsptoolOptions {
  readonly path: string;
  readonly baudRate: number;
  readonly eraseAll: boolean;
  /** Its output goes to standard error, so that standard output stays for a result. */
  readonly quiet: boolean;
}

/** From version 5 on it has no suffix. */
const programs = ["esptool", "esptool.py"];

function findEsptool(): string {
  for (const name of programs) {
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder.
      }
    }
  }
  throw new FirmwareProblem(
    "neither esptool nor esptool.py is in your PATH: install it with pipx install esptool, or leave --with-esptool away",
  );
}

/** What esptool is to read for each piece; where that differs from the file it is written to `dir`, readable for its owner alone. */
function fileOf({ path, bytes, offset }: FlashPart, isIdentity: boolean, dir: string): string {
  if (!isIdentity) return path;
  const copy = join(dir, `${hex(offset)}.bin`);
  writeFileSync(copy, bytes, { mode: 0o600 });
  return copy;
}

/** Runs esptool and waits for it. It checks chip and MD5 itself. */
export async function flashWithEsptool(plan: FlashPlan, { path, baudRate, eraseAll, quiet }: EsptoolOptions): Promise<void> {
  const program = findEsptool();
  const dir = mkdtempSync(join(tmpdir(), "esp32-jobs-flash-"));
  try {
    const pieces = plan.parts.flatMap((part) => [hex(part.offset), fileOf(part, part.name === plan.identity, dir)]);
    const words = ["--chip", plan.chip, "--port", path, "--baud", `${baudRate}`, "write_flash", ...(eraseAll ? ["--erase-all"] : [])];
    const child = spawn(program, [...words, ...plan.words, ...pieces], {
      stdio: ["ignore", quiet ? process.stderr : "inherit", "inherit"],
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code !== 0) throw new FirmwareProblem(`${program} ended with code ${code}: its own words are above`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
