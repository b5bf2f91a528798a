/** The programs that a build needs besides what ESP-IDF brings, and whether ESP-IDF itself is ready. */
import { spawnSync } from "node:child_process";
import type { ChipName } from "../chips";
import { FirmwareProblem } from "../problem";

const programs = [
  { name: "git", test: ["--version"], install: "sudo apt-get install git" },
  { name: "make", test: ["--version"], install: "sudo apt-get install make" },
  { name: "bash", test: ["--version"], install: "sudo apt-get install bash" },
  { name: "python3", test: ["--version"], install: "sudo apt-get install python3 python3-venv python3-pip" },
] as const;

/** Refuses when a program is missing, with the command that installs it. */
export function checkPrograms(env: NodeJS.ProcessEnv = process.env): void {
  for (const { name, test, install } of programs) {
    if (spawnSync(name, test, { env, stdio: "ignore" }).status !== 0) throw new FirmwareProblem(`${name} is not installed: ${install}`);
  }
}

/** Refuses when ESP-IDF's own script, which NodeMCU's Makefile begins with, does not find its tools. */
export function checkEspIdf(clone: string, env: Readonly<Record<string, string | undefined>>): void {
  const { status } = spawnSync("bash", ["-c", ". ./sdk/esp32-esp-idf/export.sh"], {
    cwd: clone,
    env: env,
    stdio: "ignore",
  });
  if (status !== 0) throw new FirmwareProblem(`ESP-IDF's tools are not installed: (cd ${clone} && ./install.sh)`);
}

export interface BuildSettings {
  readonly chip: ChipName;
  /** Files of defaults, in order; a later one wins. */
  readonly defaults: readonly string[];
  /** Folders with components beside NodeMCU's own. */
  readonly components: readonly string[];
}

/** The environment for NodeMCU's make. */
export function buildEnvironment({ chip, defaults, components }: BuildSettings): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = { ...process.env };
  // Another ESP-IDF would be taken instead of the clone's own; and what our own make was called with is not for that make.
  for (const name of ["IDF_PATH", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "NODEMCU", "CHIP", "SDKCONFIG"]) delete env[name];
  return {
    ...env,
    IDF_TARGET: chip,
    SDKCONFIG_DEFAULTS: defaults.join(";"),
    EXTRA_COMPONENT_DIRS: components.join(" "),
    // Python would leave __pycache__ in the clone.
    PYTHONDONTWRITEBYTECODE: "1",
  };
}
