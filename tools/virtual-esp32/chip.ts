/** What the firmware's modules have to work with between two resets: Lua, the task queue, timers that die with the chip, flash and network. */
import type { TimeSource } from "../time";
import type { Component } from "./component";
import type { Flash } from "./flash";
import { Fault } from "./fault";
import type { Link, Radio } from "./radio";
import type { SlotName } from "./otadata";
import type { Pins } from "./pins";
import { createPrompt } from "./prompt";
import type { Spiffs } from "./spiffs";
import type { Priority, Tasks } from "./tasks";
import { createTasks } from "./tasks";
import type { Vm } from "./vm";
import { createVm } from "./vm";

/** Why the chip started. */
export type ResetReason = "power" | "restart" | "panic" | "crash" | "watchdog";

/** What survives a reset but not a power cut. */
export interface RtcMemory {
  readonly words: Int32Array;
  /** Lua panics in a row, 1 to 15 (lpanic.c). */
  panics: number;
  /** Epoch milliseconds minus board clock; 0 until the time was learnt. */
  epochOffsetMs: number;
}

export interface ChipOptions {
  readonly time: TimeSource;
  readonly flash: Flash;
  readonly fs: Spiffs;
  readonly rtc: RtcMemory;
  readonly radio: Radio;
  readonly pins: Pins;
  readonly random: () => number;
  readonly seed: number;
  readonly stackBytes: number;
  readonly httpRequestBytes: number;
  readonly mqttBufferBytes: number;
  readonly mqttReconnectBlockMs: number;
  readonly running: SlotName;
  readonly resetReason: ResetReason;
  /** Our component, undefined on stock NodeMCU. */
  readonly component: Component | undefined;
  /** A line on the console. */
  readonly line: (text: string) => void;
  /** All that comes out of the console, as it comes: prompts, what is typed, lines with their ends. */
  readonly out: (text: string) => void;
  /** The chip has stopped: the board decides what follows. */
  readonly ended: (fault: Fault) => void;
}

export interface Chip extends ChipOptions {
  readonly vm: Vm;
  /** Milliseconds since boot. */
  uptimeMs(): number;
  /** Calls `fire` after a delay, unless the chip is reset before. Not in Lua's turn: post a task from there. */
  after(delayMs: number, fire: () => void): () => void;
  /** Queues a task. False when it was lost because the queue is full. */
  post(priority: Priority, run: () => void): boolean;
  /** Lua is blocked in a C function for so long: nothing is delivered meanwhile. `then` is the rest of that function. */
  block(ms: number, then?: () => void): void;
  /** Lua gives way for one tick (vTaskDelay): the task watchdog is content, and time passes though Lua does not return. */
  rest(): void;
  /** A timer of the chip restarts it after `delayMs`, whatever Lua does then, instead of when it was to; 0: not at all. */
  restartAfter(delayMs: number): void;
  /** Text on the console. */
  write(text: Uint8Array | string): void;
  /** A connection through the radio. */
  connect(host: string, port: number): Link;
  /** Memory in use by connections, for node.heap. */
  readonly memory: Map<object, number>;
  /** Free memory in bytes; below 0 where more is used than there is. */
  leftBytes(): number;
  /** The same as Lua meets it: more than there is ends in a panic. */
  freeBytes(): number;
  readonly isOn: boolean;
  /** Runs the boot chunk and then what was queued. */
  boot(code: Uint8Array | undefined, chunkName: string): void;
  /** The console's keyboard. */
  type(bytes: Uint8Array): void;
  /** The chip is dead from now on: timers do not fire, tasks do not run. */
  stop(): void;
}

/** Free memory at the prompt with no Lua of ours in RAM: 157,704 bytes measured, plus the 12 KB of an empty Lua machine. */
const memoryBytes = 170_000;
/** How much happens in Lua's turn before the host's other work gets one, and the clock moves by a millisecond. */
const tasksPerTurn = 200;
const collectEveryMs = 10_000;
const tickMs = 10;
/** A program that gives way but never returns: nobody sees more of it, and a test shall end. */
const longestTurnMs = 3_600_000;
const restartByTimer = "restart by the chip's timer";

export function createChip(options: ChipOptions): Chip {
  const { time } = options;
  const bootedAt = time.now();
  const tasks: Tasks = createTasks();
  const timers = new Set<() => void>();
  const memory = new Map<object, number>();
  let isOn = true;
  let isBusy = false;
  let blockedUntil = 0;
  let rest: (() => void) | undefined;
  let wakeUp: (() => void) | undefined;
  let collectedAt = 0;
  let consoleText = "";
  let restartAt = Infinity;
  let cancelRestart = (): void => undefined;

  const vm = createVm({
    seed: options.seed,
    stackBytes: options.stackBytes,
    write: (text) => chip.write(text),
    readFile: (name) => options.fs.read(name),
    postHigh: (run) => void tasks.post("high", run),
  });

  /** Runs a part of the firmware; whatever ends the chip in it goes to the board. */
  function run(body: () => void): void {
    isBusy = true;
    try {
      body();
    } catch (error) {
      chip.stop();
      if (!(error instanceof Fault)) throw error;
      // What Lua gave way or was blocked for passes first.
      const lateMs = error.kind === "power" ? 0 : blockedUntil - time.now();
      if (lateMs > 0) timers.add(time.after(lateMs, () => options.ended(error)));
      else options.ended(error);
    } finally {
      isBusy = false;
    }
  }

  function wakeAfter(ms: number): void {
    wakeUp?.();
    wakeUp = chip.after(ms, () => {
      wakeUp = undefined;
      deliver();
    });
  }

  function deliver(): void {
    if (isBusy) return;
    for (let done = 0; isOn; done++) {
      const waitMs = blockedUntil - time.now();
      if (waitMs > 0) return wakeAfter(waitMs);
      if (done >= tasksPerTurn) return wakeAfter(1);
      const task = rest ?? tasks.take();
      if (task === undefined) break;
      rest = undefined;
      run(task);
    }
    if (isOn && chip.uptimeMs() - collectedAt >= collectEveryMs) run(() => void chip.freeBytes());
  }

  const chip: Chip = {
    ...options,
    vm,
    memory,
    get isOn() {
      return isOn;
    },
    uptimeMs: () => time.now() - bootedAt,
    after(delayMs, fire) {
      const cancel = time.after(delayMs, () => {
        timers.delete(cancel);
        if (isOn) fire();
      });
      timers.add(cancel);
      return () => {
        timers.delete(cancel);
        cancel();
      };
    },
    post(priority, task) {
      if (!isOn) return false;
      const taken = tasks.post(priority, task);
      deliver();
      return taken;
    },
    block(ms, then) {
      blockedUntil = Math.max(blockedUntil, time.now()) + ms;
      if (then !== undefined) rest = then;
    },
    rest() {
      vm.feedWatchdog();
      chip.block(tickMs);
      if (blockedUntil >= restartAt) throw new Fault("restart", restartByTimer);
      if (restartAt === Infinity && blockedUntil - time.now() > longestTurnMs) throw new Fault("hang", "Lua has not returned for an hour");
    },
    restartAfter(delayMs) {
      cancelRestart();
      restartAt = delayMs === 0 ? Infinity : Math.max(blockedUntil, time.now()) + delayMs;
      if (delayMs > 0) cancelRestart = chip.after(restartAt - time.now(), () => options.ended(new Fault("restart", restartByTimer)));
    },
    write(text) {
      const shown = typeof text === "string" ? text : Buffer.from(text).toString("utf8");
      options.out(shown);
      consoleText += shown;
      const lines = consoleText.split("\n");
      consoleText = lines.pop() ?? "";
      lines.forEach(options.line);
    },
    connect: (host, port) => options.radio.connect(host, port),
    leftBytes: () => memoryBytes - vm.collect() - [...memory.values()].reduce((sum, each) => sum + each, 0),
    freeBytes() {
      collectedAt = chip.uptimeMs();
      const left = chip.leftBytes();
      if (left < 0) throw new Fault("panic", "PANIC: unprotected error in call to Lua API (not enough memory)");
      return left;
    },
    boot(code, chunkName) {
      run(() => {
        if (code === undefined) chip.write(`cannot open ${chunkName.slice(1)}\n`);
        else vm.runChunk(code, chunkName);
      });
      if (isOn) prompt.start();
      deliver();
    },
    type: (bytes) => prompt.type(bytes),
    stop() {
      isOn = false;
      for (const cancel of timers) cancel();
      timers.clear();
      options.radio.powerOff();
    },
  };
  const prompt = createPrompt(chip, options.out);
  return chip;
}

/** Ends the chip as a Lua error outside every pcall does. */
export function panic(message: string): never {
  throw new Fault("panic", `PANIC: unprotected error in call to Lua API (${message})`);
}

/** Ends the chip as a failed assertion does. */
export function assertFailed(where: string): never {
  throw new Fault("crash", `assert failed: ${where}`);
}
