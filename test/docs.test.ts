/** The pages say what is so: generated parts are fresh, links lead somewhere, commands and examples work. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { actions } from "../src/actions/index";
import { checkInput } from "../src/actions/input";
import { readDocument } from "../src/jobs/document";
import { root } from "../tools/bundle/targets";
import { commands as allCommands } from "../tools/cli/commands";
import { readDocument as documentOf } from "../tools/cli/job-document";
import { pages, pageText } from "../tools/docs/pages";
import { virtualDevice } from "./spec/virtual-device";
import { pulse } from "./docs/pulse";

const all = pages();
/** Its commands are for the folder of NodeMCU, too, where `make` is another one. */
const ours = all.filter((file) => !file.startsWith("firmware"));
const textOf = (file: string): string => readFileSync(join(root, file), "utf8");

/** Blocks of code in some languages. */
function blocks(file: string, ...languages: readonly string[]): string[] {
  return [...textOf(file).matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
    .filter(([, language = ""]) => languages.includes(language))
    .map(([, , code = ""]) => code);
}

/** Lines of a shell, without comments. */
const commandLines = ours.flatMap((file) =>
  blocks(file, "sh").flatMap((code) =>
    code
      .split("\n")
      .map((line) => line.replace(/\s+#.*$/, ""))
      .filter((line) => line !== "")
      .map((line) => [file, line] as const),
  ),
);

test("the pages that a newcomer looks for are there", () => {
  expect(all).toEqual(
    expect.arrayContaining([
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "README.md",
      "docs/design.md",
      "docs/failures.md",
      "docs/getting-started.md",
      "docs/security.md",
      "firmware/README.md",
    ]),
  );
});

test.each(all)("what is generated in %s is fresh (make docs)", (file) => {
  const { is, mustBe } = pageText(file);
  expect(is).toBe(mustBe);
});

test.each(all)("links in %s lead to files and headings that exist", (file) => {
  const anchors = (page: string): string[] =>
    [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    );
  const broken = [...textOf(file).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => {
      const [path = "", anchor] = target.split("#");
      const page = path === "" ? file : normalize(join(dirname(file), path));
      return !existsSync(join(root, page)) || (anchor !== undefined && !anchors(page).includes(anchor));
    });
  expect(broken).toEqual([]);
});

describe("commands", () => {
  const targets = [...textOf("Makefile").matchAll(/^([a-z-]+):/gm)].map(([, name]) => name);
  const commands = allCommands();

  /** What is wrong with `esp32-jobs WORDS`; undefined when the command line has it. */
  function problemOf(words: readonly string[], among: readonly Command[] = commands): string | undefined {
    const command = among.find((each) => each.name() === words[0]);
    if (command === undefined) return `there is no command ${words[0] ?? ""}`;
    if (command.commands.length > 0) {
      // `board --thing …` is short for `board run --thing …`.
      const rest = words[1]?.startsWith("--") === true ? ["run", ...words.slice(1)] : words.slice(1);
      return problemOf(rest, command.commands);
    }
    const own = words.includes("--") ? words.slice(1, words.indexOf("--")) : words.slice(1);
    const wrong = own.find((word) => word.startsWith("--") && word !== "--help" && !command.options.some(({ long }) => long === word));
    return wrong === undefined ? undefined : `${command.name()} has no ${wrong}`;
  }

  test("there are some in README, of make and of esp32-jobs", () => {
    const readme = commandLines.filter(([file]) => file === "README.md").map(([, line]) => line);
    expect(readme).toEqual(
      expect.arrayContaining([expect.stringMatching(/^make demo/), expect.stringMatching(/^npx esp32-jobs job create/)]),
    );
  });

  test.each(commandLines)("%s: %s", (_file, line) => {
    const words = line.split(/\s+/);
    const program = words[0] === "npx" ? words[1] : words[0];
    if (program === "esp32-jobs") expect(problemOf(words.slice(2))).toBeUndefined();
    else if (program === "make") expect([...targets, undefined]).toContain(words[1]);
    else expect(["(cd", "aws", "curl", "eval", "git", "ls", "npm", "sudo"]).toContain(program);
  });

  test.each(ours)("those within the text of %s exist too", (file) => {
    const inline = [...textOf(file).matchAll(/`(?:npx )?(make|esp32-jobs) ([^`]+)`/g)].map(
      ([, program = "", rest = ""]) => [program, rest] as const,
    );
    const wrong = inline.filter(([program, rest]) =>
      program === "make" ? !targets.includes(rest.split(" ")[0]) : problemOf(rest.split(" ")) !== undefined,
    );
    expect(wrong).toEqual([]);
  });
});

test("the permissions that AWS has to give are those of the calls that the command line makes", () => {
  const sources = readdirSync(join(root, "tools/cli")).map((name) => textOf(`tools/cli/${name}`));
  const calls = sources.flatMap((text) =>
    [...text.matchAll(/new ([A-Z]\w+)Command\(|paginate([A-Z]\w+)\(/g)].map(([, one, many]) => one ?? many),
  );
  const listed = ["docs/identity.md", "docs/updates.md"].flatMap((file) =>
    [...textOf(file).matchAll(/["`]iot:(\w+)["`]/g)].map(([, name]) => name),
  );
  expect([...new Set(listed)].sort()).toEqual([...new Set(calls)].sort());
});

describe("job documents", () => {
  const inCommands = commandLines
    .map(([, line]) => /esp32-jobs job create (.*)$/.exec(line)?.[1])
    .filter((rest) => rest !== undefined)
    // The document of a firmware is made of its manifest.
    .filter((rest) => !rest.startsWith("--ota "))
    .map((rest) => documentOf(/^'([^']*)'/.exec(rest)?.slice(1) ?? rest.replace(/ --.*/, "").split(" ")));
  // Those in specs may be wrong on purpose.
  const inline = all.flatMap((file) =>
    [
      ...textOf(file)
        .replace(/^```ts\n[^]*?^```$/gm, "")
        .matchAll(/\{"action":[^`']*\}/g),
    ].map(([text]) => text),
  );
  const inBlocks = all.flatMap((file) => blocks(file, "json")).filter((text) => text.includes('"action"'));
  const shown = [...inCommands, ...inline.filter((text) => !text.includes("...")), ...inBlocks];
  const documents = [...new Set(shown.map((text) => JSON.stringify(JSON.parse(text))))];

  test("are shown of each action", () => {
    const names = inBlocks.map((text) => (JSON.parse(text) as { action: string }).action);
    expect(names).toEqual(expect.arrayContaining(actions.map(({ name }) => name)));
  });

  test.each(documents)("are taken by the action itself: %s", (text) => {
    const document = readDocument(JSON.parse(text));
    if (!document.ok) throw new Error(document.reason);
    const action = [...actions, pulse].find(({ name }) => name === document.action);
    if (action === undefined) throw new Error(`there is no action ${document.action}`);
    const checked = checkInput(action.input, document.fields);
    if (!checked.ok) throw new Error(checked.reason);
    const known = Object.keys(document.fields).filter(
      (field) => field !== "action" && !Object.keys(action.input).some((name) => name.split(".")[0] === field),
    );
    expect(known, "fields that the action does not have").toEqual([]);
    const context = { ...virtualDevice(), progress: () => undefined, actionNames: [], safeMode: () => undefined, allowHttp: false };
    expect(action.check?.(context, checked.input)).toBeUndefined();
  });
});
