/** The plan of the house, held by reading the imports: who may know whom, and how files are named and sized. */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { root } from "../tools/bundle/targets";

function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((name) => pattern.test(name))
    .sort();
}

function textOf(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** Files of this project that a file imports, types included, from the project's root and without suffix. Packages keep their name. */
function importsOf(file: string): string[] {
  return ts
    .preProcessFile(textOf(file))
    .importedFiles.map(({ fileName }) =>
      fileName.startsWith(".") ? relative(root, resolve(root, dirname(file), fileName)).replaceAll("\\", "/") : fileName,
    );
}

const sources = filesBelow("src", /\.ts$/);
const tools = filesBelow("tools", /\.ts$/);
const tests = filesBelow("test", /\.ts$/);

/** The rooms of src, and what each may import besides itself. The first that matches a file is its room. */
const rooms: readonly { readonly name: string; readonly files: RegExp; readonly mayImport: readonly RegExp[] }[] = [
  { name: "ports and failures", files: /^src\/(ports|failure)$/, mayImport: [] },
  { name: "portable", files: /^src\/portable\//, mayImport: [] },
  { name: "jobs", files: /^src\/jobs\//, mayImport: [/^src\/(failure$|portable\/)/] },
  { name: "ota", files: /^src\/ota\//, mayImport: [/^src\/(failure$|ports$|portable\/)/] },
  { name: "actions", files: /^src\/actions\//, mayImport: [/^src\/(failure$|ports$|portable\/|ota\/)/] },
  { name: "settings", files: /^src\/settings$/, mayImport: [/^src\/(ports$|portable\/)/] },
  { name: "agent", files: /^src\/[^/]+$/, mayImport: [/^src\/(?!platform\/)/] },
  { name: "main on nodemcu", files: /^src\/platform\/nodemcu\/main$/, mayImport: [/^src\/(?!platform\/)/, /^src\/platform\/nodemcu\//] },
  { name: "main on node", files: /^src\/platform\/node\/main$/, mayImport: [/^src\/(?!platform\/)/, /^src\/platform\/node\//, /^[^.]/] },
  { name: "adapters of nodemcu", files: /^src\/platform\/nodemcu\//, mayImport: [/^src\/(failure$|ports$|settings$|portable\/)/] },
  {
    name: "adapters of node",
    files: /^src\/platform\/node\//,
    mayImport: [/^src\/(failure$|ports$|settings$|portable\/)/, /^(?!src\/|tools\/)[^.]/],
  },
];

function roomOf(module: string): (typeof rooms)[number] {
  const room = rooms.find(({ files }) => files.test(module));
  if (room === undefined) throw new Error(`${module} is in no room: see test/architecture.test.ts`);
  return room;
}

describe("src", () => {
  test.each(rooms)("$name knows only what it may know", (room) => {
    const mine = sources.map((file) => file.replace(/(\.d)?\.ts$/, "")).filter((module) => roomOf(module) === room);
    expect(mine, "the room is not empty").not.toEqual([]);
    const strangers = mine.flatMap((module) => {
      const file = sources.find((name) => name.replace(/(\.d)?\.ts$/, "") === module) ?? "";
      return importsOf(file)
        .filter((imported) => !room.files.test(imported) && !room.mayImport.some((pattern) => pattern.test(imported)))
        .map((imported) => `${file} imports ${imported}`);
    });
    expect(strangers).toEqual([]);
  });

  test("each platform has one file for each port, named after it, and a main", () => {
    const members = textOf("src/ports.ts").split("export interface Device")[1] ?? "";
    const ports = [...members.matchAll(/^ {2}readonly (\w+): [A-Z]\w+;$/gm)].map(([, name]) => `${name ?? ""}.ts`);
    expect(ports).toContain("mqtt.ts");
    for (const platform of ["node", "nodemcu"]) {
      const names = filesBelow(`src/platform/${platform}`, /\.ts$/).map((name) => name.replace(/.*\//, ""));
      expect(names).toEqual(expect.arrayContaining([...ports, "main.ts"]));
    }
  });
});

describe("tools and tests", () => {
  test("nothing that Node runs imports the board's adapters: they exist in Lua only", () => {
    const wrong = [...tools, ...tests].filter((file) => importsOf(file).some((imported) => imported.startsWith("src/platform/nodemcu/")));
    expect(wrong).toEqual([]);
  });

  test("the virtual board knows the bundle and never the sources", () => {
    const wrong = tools.filter(
      (file) => file.startsWith("tools/virtual-esp32/") && importsOf(file).some((imported) => imported.startsWith("src/")),
    );
    expect(wrong).toEqual([]);
  });

  test("the rulebook of the Jobs service does no I/O", () => {
    const wrong = tools.filter(
      (file) =>
        file.startsWith("tools/jobs-service/rules/") &&
        importsOf(file).some((imported) => /^(node:(?!crypto$)|aedes|mqtt|hono)/.test(imported)),
    );
    expect(wrong).toEqual([]);
  });
});

describe("every file", () => {
  const all = [...sources, ...tools, ...tests];

  test("has at most 300 lines", () => {
    expect(all.filter((file) => textOf(file).split("\n").length > 301)).toEqual([]);
  });

  test("of the sources and the tools begins with a comment that tells its one idea", () => {
    expect([...sources, ...tools].filter((file) => !/^(#!.*\n)?(\/\*\*|\/\/)/.test(textOf(file)))).toEqual([]);
  });

  test("has a name that says what it is", () => {
    expect(all.filter((file) => /\/(utils?|helpers?|manager|types|common|misc)(\.|\/)/.test(file))).toEqual([]);
  });
});
