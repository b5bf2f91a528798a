/** Our firmware out of a person's clone of NodeMCU, which is afterwards as it was before. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "../../bundle/targets";
import type { ChipName } from "../chips";
import { findConfigProblems, findDroppedSymbols, readConfig, type Config } from "../kconfig";
import { findPartitionProblems, parsePartitionsCsv } from "../partitions-csv";
import { FirmwareProblem } from "../problem";
import { borrow, keepFetched } from "./borrowed";
import { checkClone, isPlainPath } from "./clone";
import { collect, type Built } from "./collect";
import { remedyFor } from "./remedies";
import { run } from "./run";
import { buildEnvironment, checkEspIdf, checkPrograms } from "./tools";

/** Sizes of flash for which there is a partition table. */
export const flashSizes = { "4MB": 0x400000, "8MB": 0x800000, "16MB": 0x1000000 } as const;
export type FlashSize = keyof typeof flashSizes;

export interface BuildRequest {
  readonly nodemcu: string | undefined;
  readonly chip: ChipName;
  readonly flash: FlashSize;
  readonly version: string;
  /** Gives the files that go into the Lua Flash Store, once the clone is known to be good; each is there under its name without `.lua`. */
  readonly lua: () => readonly string[];
  /** Where the result goes; what an earlier build left there is removed. */
  readonly out: string;
  readonly signal: AbortSignal;
  readonly say: (sentence: string) => void;
  readonly warn: (sentence: string) => void;
  /** A part of the build is so far. */
  readonly progress: (done: number, of: number) => void;
  /** Instead of this project's own, in tests. */
  readonly firmware?: string;
}

/** How many lines of the log an error shows. */
const shownLines = 20;

/** What our files of defaults ask for. ESP-IDF adds the file with the chip's name at its end by itself (tools/cmake/kconfig.cmake). */
export function askedSymbols(files: readonly string[], chip: ChipName): Config {
  const all = files.flatMap((file) => [file, `${file}.${chip}`]).filter((file) => existsSync(file));
  return new Map(all.flatMap((file) => [...readConfig(readFileSync(file, "utf8"), basename(file))]));
}

/** The components of ours that are there. */
function componentsIn(firmware: string): string[] {
  return [join(firmware, "components/jobsfw")].filter((folder) => existsSync(join(folder, "CMakeLists.txt")));
}

function generatedDefaults({ version, flash }: BuildRequest, table: string): string {
  return [
    `CONFIG_APP_PROJECT_VER="${version}"`,
    `CONFIG_ESPTOOLPY_FLASHSIZE_${flash}=y`,
    `CONFIG_PARTITION_TABLE_CUSTOM_FILENAME="${table}"`,
    "",
  ].join("\n");
}

function refuseAll(problems: readonly string[], what: string): void {
  if (problems.length > 0) throw new FirmwareProblem(`${what}:\n  ${problems.join("\n  ")}`);
}

/** Builds; refuses with a sentence and, where there is one, the command that helps. */
export async function buildFirmware(request: BuildRequest): Promise<Built> {
  const { chip, flash, version, out, signal, say, warn } = request;
  const firmware = request.firmware ?? join(root, "firmware");
  if (!/^[\w.+-]{1,31}$/.test(version))
    throw new FirmwareProblem(`the version "${version}" must have 1 to 31 characters: letters, digits, and . _ + -`);
  for (const path of [firmware, out])
    if (!isPlainPath(path)) throw new FirmwareProblem(`ESP-IDF cannot build from "${path}": it must have no spaces, ; " or $`);
  const table = join(firmware, `partitions/${flash.toLowerCase()}.csv`);
  const partitions = parsePartitionsCsv(readFileSync(table, "utf8"));
  refuseAll(findPartitionProblems(partitions, flashSizes[flash]), `${table} does not do`);
  checkPrograms();
  const clone = checkClone(request.nodemcu);
  const lua = request.lua();

  mkdirSync(out, { recursive: true });
  // A build that failed must not leave an older one to be flashed by mistake.
  for (const stale of ["manifest.json", "flash_args"]) rmSync(join(out, stale), { force: true });
  const log = join(out, "build.log");
  writeFileSync(log, "");
  const generated = join(out, "build.defaults");
  writeFileSync(generated, generatedDefaults(request, table));
  const ours = [join(firmware, "sdkconfig.defaults"), generated];
  const asked = askedSymbols(ours, chip);
  refuseAll(findConfigProblems(asked, chip), "firmware/sdkconfig.defaults does not do");
  clone.warnings.forEach(warn);
  const env = buildEnvironment({ chip, defaults: [join(clone.path, "sdkconfig.defaults"), ...ours], components: componentsIn(firmware) });
  checkEspIdf(clone.path, chip, env);

  async function step(command: string, args: readonly string[], what: string): Promise<void> {
    const last: string[] = [];
    let whole = 0;
    const line = (text: string): void => {
      last.push(text);
      if (last.length > 200) last.shift();
      // ninja's "[12/1050] Building ...", make's "[ 12%] Building ..."; the boot loader is a smaller build of its own, in the middle.
      const [, done, of = 100] = /^\[ *(\d+)(?:\/(\d+)|%)\]/.exec(text) ?? [];
      if (done === undefined || Number(of) < whole) return;
      whole = Number(of);
      request.progress(Number(done), whole);
    };
    const code = await run(command, args, { cwd: clone.path, env, log, line, signal });
    if (signal.aborted) throw new FirmwareProblem("stopped; the clone is as it was before");
    if (code === 0) return;
    const remedy = remedyFor(last.join("\n"), clone.path);
    // idf.py names files of its own in the clone's build, which is no more when this is read.
    const told = last.filter((text) => !text.includes("idf_py_stderr_output"));
    const shown = told.slice(-shownLines).map((text) => `  ${text}`);
    throw new FirmwareProblem([`${what} failed${remedy === undefined ? "" : `: ${remedy}`}`, ...shown, `The whole log: ${log}`].join("\n"));
  }
  function checkConfig(): void {
    const file = join(clone.path, "sdkconfig");
    if (!existsSync(file)) throw new FirmwareProblem("the build left no sdkconfig");
    const text = readFileSync(file, "utf8");
    writeFileSync(join(out, "sdkconfig"), text);
    refuseAll(findDroppedSymbols(asked, readConfig(text, "sdkconfig")), "the build did not take what was asked for");
  }

  const kept = join(out, "fetched", chip);
  const giveBack = borrow(clone.path, kept);
  process.once("exit", giveBack);
  try {
    say(`Building NodeMCU ${clone.commit.slice(0, 8)} for ${chip}, ${flash} of flash, as ${version}; this takes minutes`);
    await step("make", [], "NodeMCU's make");
    checkConfig();
    keepFetched(clone.path, kept);
    say("Putting the Lua code into the image");
    // Lua names its errors after these paths: short ones, without anything of this machine.
    const sources = lua.map((file) => join("build", basename(file)));
    lua.forEach((file, index) => copyFileSync(file, join(clone.path, sources[index]!)));
    try {
      await step("tools/embed_lfs.sh", sources, "NodeMCU's tools/embed_lfs.sh");
    } catch (error) {
      // It throws away what its own make says; where that has failed, making once more tells why.
      if (!signal.aborted && existsSync(join(clone.path, "build/luac.out"))) await step("make", [], "NodeMCU's make, with the Lua code,");
      throw error;
    }
    checkConfig();
    const lfsBytes = Number(asked.get("CONFIG_NODEMCU_EMBEDDED_LFS_SIZE") ?? 0);
    const { commit, path } = clone;
    return collect({ build: join(path, "build"), out, chip, version, partitions, flashBytes: flashSizes[flash], lfsBytes, commit });
  } finally {
    giveBack();
    process.removeListener("exit", giveBack);
  }
}
