/** A clone of NodeMCU: whether it can be built, and what of it is not as this project was made with. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { kconfigSources } from "../kconfig";
import { FirmwareProblem } from "../problem";

/** The commit of NodeMCU that our defaults and our component were made with. */
export const pinnedCommit = kconfigSources["nodemcu-firmware"]!.commit;

const repository = `${kconfigSources["nodemcu-firmware"]!.repository}.git`;
const short = (commit: string): string => commit.slice(0, 8);

export interface Clone {
  readonly path: string;
  readonly commit: string;
  /** What a person should know and may ignore, one sentence each. */
  readonly warnings: readonly string[];
}

/** The command that makes a clone. */
export function cloneCommand(path: string): string {
  return `git clone --branch dev-esp32 --recurse-submodules ${repository} ${path} && git -C ${path} checkout ${short(pinnedCommit)} && git -C ${path} submodule update --init --recursive`;
}

function git(path: string, ...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync("git", ["-C", path, ...args], { encoding: "utf8", maxBuffer: 1 << 26 });
  return status === 0 ? stdout.trimEnd() : undefined;
}

function commitOf(path: string): string {
  const { stderr } = spawnSync("git", ["-C", path, "rev-parse"], { encoding: "utf8" });
  if (stderr.includes("dubious ownership"))
    throw new FirmwareProblem(`git does not trust ${path}, which is another user's: git config --global --add safe.directory ${path}`);
  const top = git(path, "rev-parse", "--show-toplevel");
  if (top === undefined || realpathSync(top) !== realpathSync(path))
    throw new FirmwareProblem(`${path} is not the top of a git tree, and NodeMCU's build needs one: ${cloneCommand("../nodemcu")}`);
  const commit = git(path, "rev-parse", "HEAD");
  if (commit === undefined) throw new FirmwareProblem(`${path} has no commit: ${cloneCommand("../nodemcu")}`);
  return commit;
}

/** Files without which this is not NodeMCU for the ESP32, or not one that has been cloned whole. */
const partsOfNodemcu = ["Makefile", "sdkconfig.defaults", "tools/embed_lfs.sh", "components/modules"];

function checkIsNodemcu(path: string): void {
  if (partsOfNodemcu.every((part) => existsSync(join(path, part)))) return;
  const is8266 = existsSync(join(path, "app/include/user_config.h"));
  throw new FirmwareProblem(
    is8266
      ? `${path} has NodeMCU for the ESP8266 checked out: git -C ${path} checkout dev-esp32 && git -C ${path} submodule update --init --recursive`
      : `${path} is no clone of NodeMCU's branch dev-esp32: ${cloneCommand("../nodemcu")}`,
  );
}

function isEmpty(folder: string): boolean {
  return !existsSync(folder) || readdirSync(folder).length === 0;
}

/** Refuses where submodules are missing; gives what else is to be said of them (git-submodule: "-" and "+" before the line). */
function checkSubmodules(path: string): string[] {
  const fix = `git -C ${path} submodule update --init --recursive`;
  const lines = git(path, "submodule", "status", "--recursive")?.split("\n") ?? [];
  const named = (mark: string): string[] => lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(1).split(" ")[1] ?? "");
  const absent = named("-");
  const missing = absent.filter((name) => isEmpty(join(path, name)));
  const sdk = "sdk/esp32-esp-idf";
  if (missing.length === 0 && !existsSync(join(path, sdk, "export.sh"))) missing.push(sdk);
  if (missing.length > 0) throw new FirmwareProblem(`${path} lacks its submodules ${missing.slice(0, 3).join(", ")}: ${fix}`);
  const others = [...absent, ...named("+")];
  return others.length === 0 ? [] : [`${others.join(", ")} may not be at the commit that NodeMCU names: ${fix}`];
}

/** Looks at a clone without changing anything. */
export function checkClone(given: string | undefined): Clone {
  if (given === undefined || given === "")
    throw new FirmwareProblem(`name your clone of NodeMCU: make firmware NODEMCU=../nodemcu; it is made by: ${cloneCommand("../nodemcu")}`);
  const path = resolve(given);
  if (!existsSync(path)) throw new FirmwareProblem(`${path} does not exist: ${cloneCommand(given)}`);
  if (!statSync(path).isDirectory()) throw new FirmwareProblem(`${path} is no folder: ${cloneCommand("../nodemcu")}`);
  if (/[\s;]/.test(path))
    throw new FirmwareProblem(`ESP-IDF cannot be built in "${path}": move the clone to a path without spaces and ";"`);
  const commit = commitOf(path);
  checkIsNodemcu(path);
  const warnings = checkSubmodules(path);
  if (commit !== pinnedCommit)
    warnings.unshift(
      `the clone is at ${short(commit)}, and this project was made with ${short(pinnedCommit)}: git -C ${path} checkout ${short(pinnedCommit)}`,
    );
  const changed = git(path, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all") ?? "";
  if (changed !== "") warnings.push(`files of the clone are changed, and are built as they are: git -C ${path} status`);
  return { path, commit, warnings };
}

/** Whether a text can stand in a CMake list and an sdkconfig. */
export function isPlainPath(path: string): boolean {
  return !/[\s;"$]/.test(path);
}
