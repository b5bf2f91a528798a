/** A clone of NodeMCU made small: a git tree with submodules, a Makefile and an embed_lfs.sh that behave as NodeMCU's do. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, lstatSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../tools/bundle/targets";

const tsx = pathToFileURL(join(root, "node_modules/tsx/dist/esm/index.mjs")).href;
const build = join(root, "test/surroundings/nodemcu-build.ts");

const files: Readonly<Record<string, string>> = {
  Makefile: `SHELL:=/bin/bash
all:
	. ./sdk/esp32-esp-idf/export.sh && ${process.execPath} --import ${tsx} ${build}
`,
  "CMakeLists.txt": "project(nodemcu)\n",
  "sdkconfig.defaults": "CONFIG_ESPTOOLPY_FLASHSIZE_4MB=y\nCONFIG_PARTITION_TABLE_CUSTOM=y\nCONFIG_MQTT_TRANSPORT_SSL=n\n",
  // As NodeMCU's own it needs a finished build, writes build/luac.out and makes once more. Compiled code is not needed here.
  "tools/embed_lfs.sh": `#!/bin/bash
set -e
[ -f build/nodemcu.map ] || { echo "Error: build/nodemcu.map not found. Please run make first."; exit 1; }
{ for f in "$@"; do printf -- '--[[LFS %s]]' "$f"; cat "$f"; done; } > build/luac.out
echo "Generated $(stat -c %s build/luac.out) bytes of LFS data"
make > /dev/null
`,
  "components/modules/Kconfig": 'menu "NodeMCU modules"\nendmenu\n',
  "components/platform/include/platform.h": "\n",
  ".gitignore": "sdkconfig\nsdkconfig.old*\nbuild/\nmanaged_components/\ndependencies.lock\nbuildinfo.h\nfault\n",
};

/** What is looked for before a build, and never run here. */
const tools = ["xtensa-esp32-elf-gcc", "xtensa-esp32s3-elf-gcc", "riscv32-esp-elf-gcc", "cmake", "perl", "awk", "python"];
const espIdf = {
  "export.sh": "export IDF_PATH=$PWD/sdk/esp32-esp-idf PATH=$PWD/sdk/esp32-esp-idf/tools:$PATH\n",
  ...Object.fromEntries(tools.map((name) => [`tools/${name}`, "#!/bin/sh\nexit 0\n"])),
};

function write(folder: string, contents: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
    if (text.startsWith("#!")) chmodSync(join(folder, name), 0o755);
  }
}

/** Runs git without anything of the person's own configuration. */
export function git(folder: string, ...args: readonly string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  const settings = ["-c", "protocol.file.allow=always", "-c", "user.name=A", "-c", "user.email=a@example.com"];
  return execFileSync("git", [...settings, "-C", folder, ...args], { encoding: "utf8", env, stdio: ["ignore", "pipe", "pipe"] }).trim();
}

function repository(folder: string, contents: Readonly<Record<string, string>>): void {
  write(folder, contents);
  git(folder, "init", "-q", "-b", "dev-esp32");
  git(folder, "add", "-A");
  git(folder, "commit", "-q", "-m", "Begin");
}

export interface SimulatedClone {
  readonly path: string;
  /** Where a build may go, outside the clone. */
  readonly out: string;
  /** Makes the next build fail in this way. */
  fail(fault: string): void;
  close(): void;
}

/** Makes a clone; one without its submodules where `submodules` is false. */
export function makeClone({ submodules = true } = {}): SimulatedClone {
  const dir = mkdtempSync(join(tmpdir(), "esp32-jobs-nodemcu-"));
  repository(join(dir, "esp-idf"), espIdf);
  repository(join(dir, "origin"), files);
  git(join(dir, "origin"), "submodule", "--quiet", "add", join(dir, "esp-idf"), "sdk/esp32-esp-idf");
  git(join(dir, "origin"), "commit", "-q", "-m", "Add ESP-IDF");
  const path = join(dir, "nodemcu");
  git(dir, "clone", "-q", ...(submodules ? ["--recurse-submodules"] : []), join(dir, "origin"), path);
  return {
    path,
    out: join(dir, "out"),
    fail: (fault) => writeFileSync(join(path, "fault"), fault),
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Every file below a folder with its contents and mode, git's own bookkeeping left out. */
export function treeOf(folder: string): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(folder, name);
    const at = relative(folder, path);
    if (at === ".git" || at.startsWith(".git/")) continue;
    const stat = lstatSync(path);
    tree[at] = `${stat.mode.toString(8)} ${stat.isFile() ? `${stat.mtimeMs} ${readFileSync(path, "latin1")}` : ""}`;
  }
  return tree;
}

/** What a person has from builds of their own. */
export function addOwnBuild({ path }: SimulatedClone): void {
  mkdirSync(join(path, "build/bootloader"), { recursive: true });
  writeFileSync(join(path, "build/nodemcu.bin"), "mine");
  writeFileSync(join(path, "sdkconfig"), 'CONFIG_IDF_TARGET="esp32c3"\nCONFIG_MQTT_BUFFER_SIZE=1\n');
  writeFileSync(join(path, "sdkconfig.old"), "older\n");
  writeFileSync(join(path, "components/platform/include/buildinfo.h"), "mine\n");
  mkdirSync(join(path, "managed_components/libsodium"), { recursive: true });
  writeFileSync(join(path, "managed_components/libsodium/fetched.c"), "// fetched\n");
}
