/**
 * The desk of somebody who follows docs/getting-started.md: this project in a folder of its own, terminals, a board at a serial port. What is not
 * here has a stand-in: GitHub's NodeMCU, sudo, and the addresses of port and computer.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { agentBundle, root } from "../../tools/bundle/targets";
import { systemTime } from "../../tools/time";
import { createBoard, type Board } from "../../tools/virtual-esp32";
import { createSerialBoard, romBaudRate } from "../../tools/virtual-esp32/serial/board";
import { bootsFromFlash } from "../../tools/virtual-esp32/serial/flashed-board";
import { git, makeClone } from "./nodemcu-clone";
import { attach, openPseudoTerminal } from "./pseudo-terminal";
import { openTerminal, type Terminal } from "./terminal";

/** Left out of the copy: what is made, and what is not the project's. */
const notCopied: readonly string[] = [".git", ".esp32-jobs", "build", "coverage", "node_modules"];
const pagePort = "/dev/ttyUSB0";
const pageAddress = "192.168.1.10";

export interface Desk {
  /** The folder of the project. */
  readonly project: string;
  readonly chip: Board;
  /** What sudo was asked for. */
  asked(): string[];
  /** Presses EN, at first with BOOT held where the loader is wanted. */
  press(buttons?: { readonly boot: boolean }): void;
  /** Starts a command as the page prints it, with these variables besides. */
  open(command: string, variables?: NodeJS.ProcessEnv): Terminal;
  /** A screen in the page's words: its port, its address. */
  inPageWords(screen: string): string;
  close(): void;
}

/** The project, without copying what npm installed: modules are found in the folders above, and what a build makes stays below. */
function copyProject(to: string): void {
  for (const name of readdirSync(root))
    if (!notCopied.includes(name)) cpSync(join(root, name), join(to, name), { recursive: true, preserveTimestamps: true });
  // Compiled from these very sources before any test; the copy is as new as it is.
  if (existsSync(agentBundle.luaFile)) cpSync(join(root, "build/lua"), join(to, "build/lua"), { recursive: true });
  mkdirSync(join(to, "node_modules"));
  symlinkSync(join(root, "node_modules/.bin"), join(to, "node_modules/.bin"));
  // What npm leaves when it is done: make then has nothing to install.
  writeFileSync(join(to, "node_modules/.package-lock.json"), "{}");
}

/** Makes git fetch the simulated clone where it is told NodeMCU's address; gives git's configuration and how to end it. */
function offerNodemcu(dir: string, commit: string): { readonly config: string; readonly close: () => void } {
  const clone = makeClone();
  const origin = join(clone.path, "../origin");
  writeFileSync(
    join(origin, "install.sh"),
    "#!/bin/sh\necho Installing IDF prerequisites...\necho\necho Installation of prerequisites complete.\n",
    { mode: 0o755 },
  );
  git(origin, "add", "install.sh");
  git(origin, "commit", "-q", "-m", "Install");
  git(origin, "tag", commit);
  const config = join(dir, "gitconfig");
  writeFileSync(
    config,
    `[url "${origin}"]\n\tinsteadOf = https://github.com/nodemcu/nodemcu-firmware.git\n[protocol "file"]\n\tallow = always\n`,
  );
  return { config, close: clone.close };
}

/** Lays everything out; `commit` is the one of NodeMCU that the page names. */
export async function openDesk(commit: string): Promise<Desk> {
  mkdirSync(join(root, "build"), { recursive: true });
  const dir = mkdtempSync(join(root, "build/desk-"));
  const project = join(dir, "esp32-jobs");
  copyProject(project);
  const nodemcu = offerNodemcu(dir, commit);
  const asked = join(dir, "asked");
  writeFileSync(asked, "");
  // An address that only this computer has, and of its own: the usual ports are free there.
  const address = `127.77.${(process.pid >> 8) & 0xff}.${process.pid & 0xff || 1}`;
  const bin = join(dir, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "sudo"), `#!/bin/sh\necho "$@" >>${asked}\n`, { mode: 0o755 });
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|npm_config)_/i.test(name))),
    PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
    GIT_CONFIG_GLOBAL: nodemcu.config,
    GIT_CONFIG_SYSTEM: "/dev/null",
    NO_COLOR: "1",
    npm_config_update_notifier: "false",
    npm_config_userconfig: "/dev/null",
  };

  const cable = await openPseudoTerminal();
  const chip = createBoard({ firmware: "jobsfw", time: systemTime() });
  // A pseudo-terminal has no DTR and RTS: the board is reset by its buttons.
  const board = createSerialBoard({ boot: bootsFromFlash(chip), faults: { ignoresLines: true } });
  attach(cable, board);
  const terminals: Terminal[] = [];

  return {
    project,
    chip,
    press(buttons) {
      // Whatever opens the port next begins at this rate; a pseudo-terminal does not tell which one it was set to.
      board.setHostBaudRate(romBaudRate);
      board.press(buttons);
    },
    asked: () => readFileSync(asked, "utf8").trimEnd().split("\n"),
    open(command, variables = {}) {
      const real = command.replaceAll(pagePort, cable.path).replaceAll("0.0.0.0", address);
      const terminal = openTerminal(real, { cwd: project, env: { ...env, ...variables } });
      terminals.push(terminal);
      return terminal;
    },
    inPageWords: (screen) =>
      screen
        .replaceAll(cable.path, pagePort)
        .replace(/^crw\S+ 1 \S+ \S+/gm, "crw-rw---- 1 root dialout")
        // Said of addresses such as the one that stands for the computer's.
        .replace(/^A board does not find .*\n/gm, "")
        // The virtual board's numbers are 32 bits wide, whatever its firmware was built with (docs/virtual-esp32.md).
        .replace(/^.* limit: whole numbers up to .*\n/gm, "")
        // Said of the clone that stands for NodeMCU's.
        .replace(/^warning: the clone is at .*\n/gm, "")
        .replace(/(connects to )localhost:\d+/g, "$1xxxxxxxxxxxxxx-ats.iot.eu-central-1.amazonaws.com:8883")
        .replaceAll(new RegExp(`(mqtts://|connects to )${address.replaceAll(".", "\\.")}:\\d+`, "g"), `$1${pageAddress}:8883`)
        .replaceAll(new RegExp(`https://${address.replaceAll(".", "\\.")}:\\d+`, "g"), `https://${pageAddress}:8443`)
        .replace(/mqtt:\/\/127\.0\.0\.1:\d+/g, "mqtt://127.0.0.1:1883"),
    close() {
      for (const terminal of terminals) terminal.close();
      chip.powerOff();
      cable.close();
      nodemcu.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
