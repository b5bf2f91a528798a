/**
 * What stands for idf.py in a simulated clone of NodeMCU: it behaves as ESP-IDF documents. Defaults are read in order and only when
 * there is no sdkconfig; symbols that do not exist are dropped without a word; images are left in build/. FAULT makes it fail.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { kconfigSymbols } from "../../tools/firmware/kconfig";
import { isChipName, chips } from "../../tools/firmware/chips";
import { parsePartitionsCsv, slotsOf } from "../../tools/firmware/partitions-csv";
import { buildImage } from "../../tools/virtual-esp32/image";
import { imageFor, partitionTable } from "./firmware-images";

const fault = existsSync("fault") ? readFileSync("fault", "utf8").trim() : "";
const chip = process.env["IDF_TARGET"] ?? "esp32";
if (!isChipName(chip)) throw new Error(`no such chip: ${chip}`);

const components = (process.env["EXTRA_COMPONENT_DIRS"] ?? "").split(" ");
if (!existsSync("sdkconfig")) {
  const files = (process.env["SDKCONFIG_DEFAULTS"] ?? "sdkconfig.defaults").split(";");
  const values = new Map<string, string>();
  for (const file of files.flatMap((name) => [name, ...(existsSync(`${name}.${chip}`) ? [`${name}.${chip}`] : [])])) {
    for (const line of readFileSync(file, "utf8").split("\n")) {
      const [, name, value] = /^CONFIG_(\w+)=(.*)$/.exec(line) ?? [];
      const symbol = name === undefined ? undefined : kconfigSymbols[name];
      if (name === undefined || symbol === undefined || name === fault.replace(/^drop /, "")) continue;
      if (symbol.source === "jobsfw" && !components.some((folder) => existsSync(`${folder}/${symbol.file}`))) continue;
      const { choice } = symbol;
      if (choice !== undefined) for (const other of values.keys()) if (kconfigSymbols[other]?.choice === choice) values.delete(other);
      values.set(name, value!);
    }
  }
  const lines = [...values].map(([name, value]) => (value === "n" ? `# CONFIG_${name} is not set` : `CONFIG_${name}=${value}`));
  writeFileSync("sdkconfig", `# Automatically generated file\nCONFIG_IDF_TARGET="${chip}"\n${lines.join("\n")}\n`);
}
const config = readFileSync("sdkconfig", "utf8");
const valueOf = (name: string): string => new RegExp(`^CONFIG_${name}="?(.*?)"?$`, "m").exec(config)?.[1] ?? "";

mkdirSync("build/bootloader", { recursive: true });
mkdirSync("build/partition_table", { recursive: true });
mkdirSync("build/luac_cross", { recursive: true });
// The component manager asks the registry unless what it has fetched was for this chip (idf_component_manager/dependencies.py, is_solve_required).
const isFetched = existsSync("dependencies.lock") && readFileSync("dependencies.lock", "utf8").includes(`target: ${chip}\n`);
if (!isFetched && fault === "offline") {
  console.log("  ERROR: Cannot establish a connection to the component registry.  Are you\n  connected to the internet?");
  process.exit(2);
}
mkdirSync("managed_components/libsodium", { recursive: true });
writeFileSync("managed_components/libsodium/idf_component.yml", "version: 1\n");
writeFileSync("dependencies.lock", `dependencies: {}\ntarget: ${chip}\n`);
writeFileSync("components/platform/include/buildinfo.h", "#define BUILDINFO\n");
appendFileSync("build/environment", `${process.env["EXTRA_COMPONENT_DIRS"] ?? ""}\n`);

for (let done = 1; done <= 20; done++) {
  console.log(`[${done}/20] Building C object esp-idf/main/CMakeFiles/object-${done}.c.obj`);
  if (done === 4) console.log("[1/2] Building C object bootloader.c.obj\n[2/2] Linking C executable bootloader.elf");
  if (fault === "compile" && done === 12) {
    console.log("FAILED: esp-idf/main/CMakeFiles/object-12.c.obj\nmain.c:7:3: error: expected ';' before '}' token\nninja: build stopped");
    console.log(
      "ninja failed with exit code 1, output of the command is in the build/log/idf_py_stderr_output_7 and build/log/idf_py_stdout_output_7",
    );
    process.exit(2);
  }
  // Waits to be ended, as a build of minutes would be.
  if (fault === "hang" && done === 5) {
    writeFileSync("build/hanging", `${process.pid}`);
    await new Promise(() => setInterval(() => undefined, 1_000_000));
  }
}

if (fault === "relink" && existsSync("build/luac.out")) {
  console.log("Error: All app partitions are too small for binary nodemcu.bin size 0x190010:");
  process.exit(2);
}
// embed_lfs.sh leaves all files one after the other, each behind its name.
const luac = existsSync("build/luac.out") ? readFileSync("build/luac.out", "utf8") : "";
const modules = Object.fromEntries(
  [...luac.matchAll(/--\[\[LFS build\/(\w+)\.lua\]\](?:(?!--\[\[LFS )[^])*/g)].map(([code, name = ""]) => [name, code]),
);
const partitions = parsePartitionsCsv(readFileSync(valueOf("PARTITION_TABLE_CUSTOM_FILENAME"), "utf8"));
const sizeBytes = fault === "large" ? slotsOf(partitions)[0]!.sizeBytes + 16 : 0x40000;
const app = buildImage({ version: valueOf("APP_PROJECT_VER"), project: "nodemcu", sizeBytes, ...(fault === "no lfs" ? {} : { modules }) });
const megabytes = /^CONFIG_ESPTOOLPY_FLASHSIZE_(\d+)MB=y/m.exec(config)?.[1] ?? "2";
writeFileSync("build/nodemcu.bin", imageFor(app, fault === "wrong chip" ? "esp32c3" : chip));
const loader = imageFor(buildImage({ version: "", project: "bootloader", sizeBytes: 20_000 }), chip);
// The size of the flash stands in the boot loader's header, which its digest covers.
loader[3] = Math.log2(Number(megabytes)) << 4;
writeFileSync("build/bootloader/bootloader.bin", imageFor(loader, chip));
const rows = partitions.map(({ label, type, subtype, offset, sizeBytes: size }) => [label, type, subtype, offset, size] as const);
writeFileSync("build/partition_table/partition-table.bin", partitionTable(fault === "other table" ? rows.slice(0, -1) : rows));
writeFileSync("build/ota_data_initial.bin", Buffer.alloc(0x2000, 0xff));
writeFileSync("build/nodemcu.map", "0x000000003f430000 _binary_lua_flash_store_reserved_start\n");
writeFileSync(
  "build/flash_args",
  [
    `--flash_mode dio --flash_freq 40m --flash_size ${megabytes}MB`,
    `0x${chips[chip].bootloaderOffset.toString(16)} bootloader/bootloader.bin`,
    "0x20000 nodemcu.bin",
    "0x8000 partition_table/partition-table.bin",
    "0xf000 ota_data_initial.bin",
    "",
  ].join("\n"),
);
