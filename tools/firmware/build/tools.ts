/** The programs that a build needs besides what ESP-IDF brings, and whether ESP-IDF itself is ready. */
import { spawnSync } from "node:child_process";
import { chips, type ChipName } from "../chips";
import { FirmwareProblem } from "../problem";

const programs = [
  { name: "git", install: "git" },
  { name: "make", install: "make" },
  { name: "bash", install: "bash" },
  { name: "python3", install: "python3 python3-venv python3-pip" },
] as const;

/** Refuses when a program is missing, with the command that installs it. */
export function checkPrograms(env: NodeJS.ProcessEnv = process.env): void {
  for (const { name, install } of programs) {
    if (spawnSync(name, ["--version"], { env, stdio: "ignore" }).status !== 0)
      throw new FirmwareProblem(`${name} is not installed: sudo apt-get install ${install}`);
  }
}

/** Each chip's compiler (ESP-IDF, tools/cmake/toolchain-*.cmake). */
const compilers: Readonly<Record<ChipName, string>> = {
  esp32: "xtensa-esp32-elf-gcc",
  esp32s3: "xtensa-esp32s3-elf-gcc",
  esp32c3: "riscv32-esp-elf-gcc",
};

// What is missing once ESP-IDF's own script has run goes to file 3.
const findMissing = `. ./sdk/esp32-esp-idf/export.sh || { echo export.sh >&3; exit; }
for program in cmake perl "$COMPILER"; do command -v "$program" || echo "$program" >&3; done
awk 'BEGIN { exit strtonum("0x10") != 16 }' || echo awk >&3
[ -n "$HOSTCC" ] || python -c "import ziglang" || echo ziglang >&3`;

/** Refuses when ESP-IDF's own script, which NodeMCU's Makefile begins with, does not find its tools, or something is missing after it. */
export function checkEspIdf(clone: string, chip: ChipName, env: Readonly<Record<string, string | undefined>>): void {
  const compiler = compilers[chip];
  const { output } = spawnSync("bash", ["-c", findMissing], {
    cwd: clone,
    env: { ...env, COMPILER: compiler },
    encoding: "utf8",
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const missing = output[3]?.split("\n") ?? [];
  const install = `(cd ${clone} && ./install.sh)`;
  const sentences = {
    "export.sh": `ESP-IDF's tools are not installed: ${install}`,
    // On Linux install.sh does not bring it.
    cmake: "cmake is not installed: sudo apt-get install cmake ninja-build",
    perl: "perl is not installed: sudo apt-get install perl",
    // NodeMCU reads a size with strtonum (components/modules/CMakeLists.txt). With Debian's mawk there is none, and node.c does not compile.
    awk: "awk does not know strtonum: sudo apt-get install gawk",
    [compiler]: `ESP-IDF's compiler for the ${chips[chip].title}, ${compiler}, is not installed: ${install}`,
    // NodeMCU's install.sh brings it, ESP-IDF's own does not.
    ziglang: `the compiler for luac.cross is not installed: ${install}, or set HOSTCC=gcc in the environment`,
  };
  for (const [name, sentence] of Object.entries(sentences)) if (missing.includes(name)) throw new FirmwareProblem(sentence);
}

export interface BuildSettings {
  readonly chip: ChipName;
  /** Files of defaults, in order; a later one wins. */
  readonly defaults: readonly string[];
  /** Folders with components beside NodeMCU's own. */
  readonly components: readonly string[];
}

const notForTheBuild = [
  // What an export.sh in the person's shell left there: another ESP-IDF would be taken instead of the clone's own, or its Python (idf_tools.py).
  ...["IDF_PATH", "IDF_PYTHON_ENV_PATH", "ESP_IDF_VERSION", "IDF_TOOLS_EXPORT_CMD", "IDF_TOOLS_INSTALL_CMD", "OPENOCD_SCRIPTS"],
  // Another compiler than the one that was looked for, and other arguments for idf.py, such as another folder to build in.
  ...["IDF_TOOLCHAIN", "IDFPY_ARGS"],
  // What our own make was called with.
  ...["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "NODEMCU", "CHIP", "FLASH", "VERSION", "ARGS", "SDKCONFIG"],
];

/** The environment for NodeMCU's make. */
export function buildEnvironment({ chip, defaults, components }: BuildSettings): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = { ...process.env };
  for (const name of notForTheBuild) delete env[name];
  return {
    ...env,
    IDF_TARGET: chip,
    SDKCONFIG_DEFAULTS: defaults.join(";"),
    EXTRA_COMPONENT_DIRS: components.join(" "),
    // Python would leave __pycache__ in the clone.
    PYTHONDONTWRITEBYTECODE: "1",
  };
}
