/** Builds the C programs of this folder: the component's sources as they are, between a test and stand-ins for ESP-IDF. */
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll } from "vitest";
import { root } from "../../tools/bundle/targets";

const here = join(root, "test/firmware");
const component = join(root, "firmware/components/jobsfw");
const run = promisify(execFile);

/** What OpenSSL made for the signature check. */
export const vectors = join(here, "vectors");

/** A C program: the test's own files, and the component's that it tests. */
export interface Program {
  readonly name: string;
  readonly own: readonly string[];
  readonly component: readonly string[];
  readonly needs?: readonly ("mbedtls" | "lua")[];
  /** Without pointers of 64 bits, too: as on the chip. */
  readonly narrow?: true;
  readonly fuzzes?: true;
}

const all = ["assembly.c", "options.c", "record.c", "signature.c", "module.c", "wrap_http.c", "wrap_mqtt.c"];

/** Stands in for ESP-IDF. */
const board = ["board.c", "board-network.c"];

export const tests: readonly Program[] = [
  { name: "assembly", own: ["assembly-test.c", "allocator.c"], component: ["assembly.c"], narrow: true },
  { name: "options", own: ["options-test.c", "allocator.c"], component: ["options.c"], narrow: true },
  { name: "record", own: ["record-test.c", ...board], component: ["record.c"], narrow: true },
  { name: "signature", own: ["signature-test.c", "allocator.c"], component: ["signature.c"], needs: ["mbedtls"] },
  ...(["mqtt", "message", "http"] as const).map((name) => ({
    name: `wrap_${name}`,
    own: [`wraps-${name}-test.c`, ...board, "allocator.c"],
    component: ["assembly.c", "options.c", "wrap_http.c", "wrap_mqtt.c"],
    narrow: true as const,
  })),
  { name: "module", own: ["module-test.c", ...board, "allocator.c"], component: all, needs: ["lua", "mbedtls"] },
];

export const fuzzers: readonly Program[] = [
  { name: "assembly", own: ["fuzz-assembly.c"], component: ["assembly.c"], fuzzes: true },
  { name: "options", own: ["fuzz-options.c"], component: ["options.c"], fuzzes: true },
  { name: "signature", own: ["fuzz-signature.c"], component: ["signature.c"], needs: ["mbedtls"], fuzzes: true },
];

/** Says what `jobsfw.verify` says. */
export const verifier: Program = { name: "verify", own: ["verify-tool.c"], component: ["signature.c"], needs: ["mbedtls"] };

/** The functions of ESP-IDF that the component stands in front of, as its CMakeLists.txt says. */
export function wrapped(): string[] {
  const cmake = readFileSync(join(component, "CMakeLists.txt"), "utf8");
  return /set\(wrapped\s+([\w\s]+)\)/.exec(cmake)?.[1]?.trim().split(/\s+/) ?? [];
}

const scratch = mkdtempSync(join(tmpdir(), "jobsfw-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function compiles(compiler: string, code: string, ...options: string[]): boolean {
  const file = join(scratch, "probe.c");
  writeFileSync(file, code);
  return spawnSync(compiler, [file, "-o", join(scratch, "probe"), ...options]).status === 0;
}

const empty = "int main(void) { return 0; }\n";
const clang = ["clang", "clang-19", "clang-16", "clang-14"].find((name) => compiles(name, empty, "-fsanitize=address,undefined"));
const hasGcc = compiles("gcc", empty, "-fsanitize=address,undefined");

/** The compilers of this computer that have the sanitizers. */
export const compilers = [...(hasGcc ? ["gcc"] : []), ...(clang === undefined ? [] : [clang])];
/** Whether programs of 32 bits can be built here. */
export const hasNarrow = hasGcc && compiles("gcc", empty, "-m32", "-fsanitize=address,undefined");
/** The compiler that has libFuzzer; without it a driver of our own calls the same targets. */
export const libFuzzer =
  clang !== undefined &&
  compiles(clang, "int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return (d, n, 0); }\n", "-fsanitize=fuzzer", "-w")
    ? clang
    : undefined;

const headers = { mbedtls: "mbedtls/pk.h", lua: "lua5.3/lua.h" };
const libraries = { mbedtls: ["-l:libmbedx509.a", "-l:libmbedcrypto.a"], lua: ["-l:liblua5.3.a", "-lm", "-ldl"] };

/** One sentence for each thing that is missing here. */
export function missing(): string[] {
  if (!hasGcc) return ["the firmware component is not tested: gcc with its sanitizers is not installed"];
  return (["mbedtls", "lua"] as const).flatMap((name) =>
    compiles("gcc", `#include <stddef.h>\n#include <${headers[name]}>\n${empty}`, ...libraries[name])
      ? []
      : [`the firmware component is tested in part: ${{ mbedtls: "libmbedtls-dev", lua: "liblua5.3-dev" }[name]} is not installed`],
  );
}

/** Builds a program, and says where it is. */
export async function build(program: Program, compiler: string, options: readonly string[] = []): Promise<string> {
  const output = join(scratch, `${program.fuzzes ? "fuzz-" : ""}${program.name}-${compiler}${options.join("")}`);
  const sources = [...program.own.map((file) => join(here, file)), ...program.component.map((file) => join(component, file))];
  const wraps = [
    ...(program.own.includes("allocator.c") ? ["malloc", "calloc", "realloc", "free"] : []),
    ...(program.component.includes("wrap_mqtt.c") ? wrapped() : []),
  ];
  await run(compiler, [
    ...["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    ...options,
    ...[component, join(here, "stand-ins"), here, "/usr/include/lua5.3"].map((folder) => `-I${folder}`),
    ...sources,
    ...wraps.map((name) => `-Wl,--wrap=${name}`),
    ...(program.needs ?? []).flatMap((name) => libraries[name]),
    "-o",
    output,
  ]);
  return output;
}

/** A file among those of the programs, with this in it. */
export function scratchFile(name: string, text: string): string {
  const file = join(scratch, name);
  writeFileSync(file, text);
  return file;
}

/** Runs a program to its end; throws what it wrote when that is not a good one. */
export async function output(program: string, ...parameters: string[]): Promise<string> {
  const { stdout, stderr } = await run(program, parameters, { cwd: scratch });
  return stdout + stderr;
}

/** A folder of inputs to start from. */
export function seeds(program: Program): string {
  const folder = join(scratch, `seeds-${program.name}`);
  mkdirSync(folder, { recursive: true });
  const vector = (kind: string, name: string): Buffer => Buffer.concat([Buffer.from(kind), readFileSync(join(vectors, name))]);
  const inputs: Record<string, Buffer[]> = {
    assembly: [Buffer.from("\x03\x02\x00\x06A\x00\x02\x02\x06B\x00\x02\x04\x06C", "latin1"), Buffer.from("\x03\x06\x00\x06A", "latin1")],
    options: [
      Buffer.from("\x01\x00\x00\x04\x00lamp\x03\x00\x03\x00abc\x06\x03\x01\x00", "latin1"),
      Buffer.from("\x00\x0c\x00\x0d\x00-----BEGIN AB\x0d\x00\x0d\x00-----BEGIN AB", "latin1"),
    ],
    signature: [
      ...["key.pem", "key-windows.pem", "key.der", "certificate.pem", "certificate.der", "p384.pem"].map((name) => vector("K", name)),
      vector("S", "signature.der"),
      vector("D", "digest.bin"),
    ],
  };
  for (const [index, input] of (inputs[program.name] ?? []).entries()) writeFileSync(join(folder, `${index}`), input);
  return folder;
}
