/**
 * docs/getting-started.md, followed as it is printed: each command is typed at a terminal, and what the page shows is compared with what is then on
 * the screen. What a page cannot do, hands do here: answer questions, press buttons, look at the LED.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../tools/bundle/targets";
import { pinnedCommit } from "../tools/firmware/build/clone";
import { openCommandLine, startUp } from "./surroundings/command-line";
import { openDesk, type Desk } from "./surroundings/desk";
import { patternOf, stepsOf, type Act, type Step, type Way } from "./surroundings/numbered-steps";
import type { Terminal } from "./surroundings/terminal";

const steps = stepsOf(readFileSync(join(root, "docs/getting-started.md"), "utf8"));
/** Steps whose command stays open until the end. */
const staysOpen: readonly string[] = ["npx esp32-jobs up", "make monitor"];
const password = "not in any file";

type Variables = Record<string, string | undefined>;

test("the page has twenty steps, and each says what is seen and what to do if it is not", () => {
  expect(steps.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  for (const { title, text } of steps) {
    expect(text, title).toMatch(/^You see[:,]/m);
    expect(text, title).toMatch(/^If not: /m);
  }
});

describe("followed", { timeout: 120_000 }, () => {
  const cloud = openCommandLine();
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(pinnedCommit.slice(0, 8));
  }, 60_000);
  afterAll(() => {
    desk?.close();
    cloud.close();
  });

  /** What a person does while a command runs. */
  async function help(command: string, terminal: Terminal, { NODE_EXTRA_CA_CERTS: ca }: Variables): Promise<void> {
    if (command.includes(" provision ")) {
      await terminal.until(/Wi-Fi name:/);
      terminal.type("virtual\r");
      await terminal.until(/Wi-Fi password/);
      terminal.type(`${password}\r`);
    }
    if (command.startsWith("make monitor")) {
      await terminal.until(/Ctrl-C ends it/);
      desk.press();
      // The one thing of AWS's that cannot be stood for: its roots, which the identity has, vouch for nobody here.
      if (ca !== undefined) desk.chip.nvs.write("identity", "ca.pem", readFileSync(ca));
    }
  }

  async function type(command: string, { shown }: Act, variables: Variables): Promise<Terminal> {
    const terminal = desk.open(command, variables);
    const pattern = patternOf(shown);
    await help(command, terminal, variables);
    if (staysOpen.some((start) => command.startsWith(start))) {
      await terminal.until((screen) => pattern.test(desk.inPageWords(screen)));
      return terminal;
    }
    const code = await terminal.ended;
    const screen = desk.inPageWords(terminal.screen());
    expect(screen).not.toContain(password);
    expect(code, screen).toBe(0);
    if (shown !== "") expect(screen).toMatch(pattern);
    return terminal;
  }

  async function doesNotAnswer({ text, acts }: Step): Promise<void> {
    const terminal = desk.open(acts[0]?.commands[0] ?? "");
    expect(await terminal.ended).not.toBe(0);
    expect(terminal.screen()).toContain("does not answer");
    expect(text).toMatch(/^If not: `does not answer` means: hold `BOOT`, press `EN`.* let go of `BOOT`, and the same command again/m);
  }

  /** One test for each step; those behind one that failed are not tried. */
  function follow(way: Way, from: readonly Step[], variables: () => Variables): void {
    const open: Terminal[] = [];
    let hasFailed = false;
    for (const step of from)
      test(`${step.number}. ${step.title}`, async () => {
        if (hasFailed) throw new Error("a step before this one has failed");
        hasFailed = true;
        // Where no lines of the port do it for the person, the page says what to do when the board does not answer.
        if (step.number === 14) {
          if (way === "without AWS") await doesNotAnswer(step);
          desk.press({ boot: true });
        }
        for (const act of step.acts)
          if (act.way === undefined || act.way === way)
            for (const command of act.commands) open.push(await type(command, act, variables()));
        if (step.number === 6) {
          const [usermod, install = ""] = desk.asked();
          expect(usermod).toBe(`usermod -aG dialout ${process.env["USER"] ?? ""}`.trimEnd());
          expect(readFileSync(join(root, "firmware/README.md"), "utf8").replace(/\s+/g, " ")).toContain(`sudo ${install}`);
        }
        if (step.number === 16) expect(desk.chip.pins().filter(({ pin, level }) => pin === 4 && level === 1)).toHaveLength(5);
        hasFailed = false;
      });
    test("Ctrl-C ends what is still open", async () => {
      for (const terminal of open) terminal.type("\x03");
      for (const terminal of open) await terminal.ended;
    });
  }

  describe("without AWS", () => {
    follow("without AWS", steps, () => ({}));
  });

  describe("with AWS, for which the local service stands", () => {
    let variables: Variables = {};
    beforeAll(async () => {
      await startUp(cloud, "--no-board", "--signed");
      variables = (await cloud.json("env")) as Variables;
      // The page says with each command which region it is for. Of an address, unlike of a name, the SDK knows that buckets have no names of their own there.
      variables = { ...variables, AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined };
      variables["AWS_ENDPOINT_URL_S3"] = variables["AWS_ENDPOINT_URL_S3"]?.replace("localhost", "127.0.0.1");
      // Another person, who has come as far as step 10.
      for (const name of [".esp32-jobs", "lamp-01", "lamp-01.nvs.bin"]) rmSync(join(desk.project, name), { recursive: true, force: true });
    }, 60_000);
    follow("with AWS", steps.slice(10), () => variables);
  });
});
