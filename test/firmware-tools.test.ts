/** The programs that a build needs, looked for before it starts; and what of the person's shell it must not see. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildEnvironment, checkEspIdf, checkPrograms } from "../tools/firmware/build/tools";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "esp32-jobs-tools-"));
  mkdirSync(join(dir, "bin"));
  mkdirSync(join(dir, "sdk/esp32-esp-idf"), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function program(name: string, script = "exit 0"): void {
  writeFileSync(join(dir, "bin", name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, "bin", name), 0o755);
}

const needed = ["git", "make", "bash", "python3"];

describe("programs", () => {
  const check = (): void => checkPrograms({ PATH: join(dir, "bin") });

  test("are all there", () => {
    needed.forEach((name) => program(name));
    expect(check).not.toThrow();
  });

  test.each([
    ["git", "git is not installed: sudo apt-get install git"],
    ["python3", "python3 is not installed: sudo apt-get install python3 python3-venv python3-pip"],
  ])("without %s", (missing, sentence) => {
    needed.filter((name) => name !== missing).forEach((name) => program(name));
    expect(check).toThrow(sentence);
  });
});

describe("ESP-IDF", () => {
  const compilers = ["xtensa-esp32-elf-gcc", "xtensa-esp32s3-elf-gcc", "riscv32-esp-elf-gcc"];
  const others = ["cmake", "perl", "awk", "python"];
  /** What export.sh leads to: these programs and no others. */
  function exported(names: readonly string[], last = "true"): void {
    symlinkSync("/bin/bash", join(dir, "bin/bash"));
    names.forEach((name) => program(name));
    writeFileSync(join(dir, "sdk/esp32-esp-idf/export.sh"), `export PATH=${join(dir, "bin")}\n${last}\n`);
  }
  const check = (chip: "esp32" | "esp32s3" | "esp32c3", env = {}): void => checkEspIdf(dir, chip, { PATH: process.env["PATH"], ...env });

  test("is ready for each chip", () => {
    exported([...others, ...compilers]);
    for (const chip of ["esp32", "esp32s3", "esp32c3"] as const) expect(() => check(chip)).not.toThrow();
  });

  test("is not installed", () => {
    exported([...others, ...compilers], "return 1");
    expect(() => check("esp32")).toThrow(`ESP-IDF's tools are not installed: (cd ${dir} && ./install.sh)`);
  });

  test("lacks the compiler of one chip", () => {
    exported([...others, ...compilers.slice(0, 2)]);
    expect(() => check("esp32s3")).not.toThrow();
    expect(() => check("esp32c3")).toThrow(
      /^ESP-IDF's compiler for the ESP32-C3, riscv32-esp-elf-gcc, is not installed: \(cd .*install\.sh\)$/,
    );
  });

  test("finds no CMake, which install.sh does not bring on Linux", () => {
    exported(["perl", "awk", "python", ...compilers]);
    expect(() => check("esp32")).toThrow("cmake is not installed: sudo apt-get install cmake ninja-build");
  });

  test("is not enough: NodeMCU itself uses perl", () => {
    exported(["cmake", "awk", "python", ...compilers]);
    expect(() => check("esp32")).toThrow("perl is not installed: sudo apt-get install perl");
  });

  // mawk 1.3.4 of Debian 12 gives 2 and "function strtonum never defined".
  test("is not enough: NodeMCU itself uses an awk that knows strtonum", () => {
    exported([...others, ...compilers]);
    program("awk", "exit 2");
    expect(() => check("esp32")).toThrow(/^awk does not know strtonum: sudo apt-get install gawk$/);
  });

  test("was installed for something else, without NodeMCU's ziglang; another compiler does, too", () => {
    exported([...others, ...compilers]);
    program("python", "exit 1");
    expect(() => check("esp32")).toThrow(/^the compiler for luac\.cross is not installed: .*install\.sh\), or set HOSTCC=gcc/);
    expect(() => check("esp32", { HOSTCC: "gcc" })).not.toThrow();
  });
});

describe("the environment of a build", () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });

  test("has nothing of another ESP-IDF that the person's shell has exported, nor of our own make", () => {
    const foreign = {
      IDF_PATH: "/opt/esp-idf-5.2",
      IDF_PYTHON_ENV_PATH: "/opt/python_env/idf5.2_py3.11_env",
      ESP_IDF_VERSION: "5.2",
      IDF_TOOLS_EXPORT_CMD: "/opt/esp-idf-5.2/export.sh",
      OPENOCD_SCRIPTS: "/opt/openocd",
      IDF_TOOLCHAIN: "clang",
      IDFPY_ARGS: "-B elsewhere",
      MAKEFLAGS: "VERSION=1.0.0",
      VERSION: "1.0.0",
    };
    Object.assign(process.env, foreign, { IDF_TARGET: "esp32s2", IDF_TOOLS_PATH: "/opt/tools", HOSTCC: "gcc" });
    const env = buildEnvironment({ chip: "esp32c3", defaults: ["/a", "/b"], components: ["/c"] });
    for (const name of Object.keys(foreign)) expect(env, name).not.toHaveProperty(name);
    expect(env).toMatchObject({ IDF_TARGET: "esp32c3", SDKCONFIG_DEFAULTS: "/a;/b", EXTRA_COMPONENT_DIRS: "/c" });
    expect(env).toMatchObject({ IDF_TOOLS_PATH: "/opt/tools", HOSTCC: "gcc", PATH: process.env["PATH"] });
  });
});
