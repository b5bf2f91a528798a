/** A board: a chip, its flash and its supply. Everything in it runs on the given clock. */
import { createLineMapper } from "../bundle/source-lines";
import { systemTime } from "../time";
import type { Chip, ResetReason, RtcMemory } from "./chip";
import { createChip } from "./chip";
import { createComponent, httpRequestBytes } from "./component";
import type { Fault } from "./fault";
import { Fault as FaultError } from "./fault";
import type { FlashWrite } from "./flash";
import { createFlash, slotBytes } from "./flash";
import { buildImage, readDescription } from "./image";
import { registerModules } from "./modules";
import { flashNvs } from "./nvs";
import type { BoardOptions } from "./options";
import type { SlotName } from "./otadata";
import { chooseSlot, nextSlot, slotNames, slotState } from "./otadata";
import type { Edge } from "./pins";
import { createPins } from "./pins";
import { createRadio, hostNetwork, paceOf } from "./radio";
import { seeded } from "./random";
import { mountSpiffs } from "./spiffs";

/** A start of the chip. */
export interface Boot {
  readonly slot: string;
  readonly version: string;
  readonly reason: ResetReason;
}

export interface BoardEvents {
  line: string;
  /** What comes out of the console as it comes: prompts and what is typed, too. */
  console: string;
  pin: Edge;
  restart: { readonly reason: string };
  boot: Boot;
  write: FlashWrite;
}

export interface Board {
  readonly files: {
    read(name: string): Buffer | undefined;
    write(name: string, bytes: Uint8Array | string): void;
    remove(name: string): void;
    list(): string[];
  };
  /** Writes an image into a slot, as esptool does: otadata is erased, so that ota_0 boots next, or points to ota_1. */
  flash(slot: SlotName, image: Uint8Array): void;
  /** What is in NVS. A namespace and a key have at most 15 characters each. */
  readonly nvs: {
    read(namespace: string, key: string): Buffer | undefined;
    write(namespace: string, key: string, value: Uint8Array | string): void;
    /** Writes an image over the whole partition, as esptool does. */
    flash(image: Uint8Array): void;
    /** How often pages had to be erased: each of the six bears about 100,000. */
    erases(): number;
  };
  powerOn(): void;
  /** Cuts the power, now. */
  powerOff(): void;
  /** Types at the console's prompt. */
  type(bytes: Uint8Array): void;
  readonly powered: boolean;
  /** Edges of pins since power-on. */
  pins(): Edge[];
  /** Something outside drives a pin. */
  drivePin(pin: number, level: 0 | 1): void;
  /** `running` is what would run after power-on while the board has never been on, empty when nothing was flashed. */
  slots(): { running: string; next: string; states: Record<string, string>; versions: Record<string, string> };
  on<E extends keyof BoardEvents>(event: E, listener: (value: BoardEvents[E]) => void): () => void;
  /** Power is lost during the n-th flash write from now. */
  cutPowerAtWrite(n: number): void;
  /** The access point is there, or not. */
  wifi(isThere: boolean): void;
}

/** CONFIG_LUA_INIT_STRING of our firmware, as CONFIG_LUA_INIT_STRING_INIT_LFS makes it (components/lua/Kconfig). NodeMCU's default is "@init.lua". */
const initString = "node.LFS.get('init')()";
/** From the reset to the first line of Lua: boot loader, start of ESP-IDF, mount of the file system. */
const bootMs = 300;

export function createBoard(options: BoardOptions = {}): Board {
  const time = options.time ?? systemTime();
  const random = seeded(options.seed ?? 1);
  const listeners: { [E in keyof BoardEvents]: Set<(value: BoardEvents[E]) => void> } = {
    line: new Set(),
    console: new Set(),
    pin: new Set(),
    restart: new Set(),
    boot: new Set(),
    write: new Set(),
  };
  const tell = <E extends keyof BoardEvents>(event: E, value: BoardEvents[E]): void => listeners[event].forEach((each) => each(value));
  const flash = createFlash(options.dir, random, (write) => tell("write", write));
  const inTypeScript = options.sourceMap === undefined ? (text: string) => text : createLineMapper(options.sourceMap.replace(/\.map$/, ""));
  const rtc: RtcMemory = { words: new Int32Array(128), panics: 0, epochOffsetMs: 0 };
  let edges: Edge[] = [];
  let poweredAt = 0;
  let chip: Chip | undefined;
  let powered = false;
  let running: SlotName | "" = "";
  let starting: (() => void) | undefined;
  let apIsThere = true;
  let bootCount = 0;
  const pins = createPins(
    options.chip ?? "esp32",
    () => time.now() - poweredAt,
    (edge) => (edges.push(edge), tell("pin", edge)),
  );

  function line(text: string): void {
    const shown = inTypeScript(text);
    options.log?.(shown);
    tell("line", shown);
  }
  /** What the boot loader and ESP-IDF say. */
  const say = (text: string): void => (tell("console", `${text}\r\n`), line(text));

  function reset(reason: ResetReason): void {
    chip?.stop();
    chip = undefined;
    pins.reset();
    starting = time.after(bootMs, () => start(reason));
  }

  function start(reason: ResetReason): void {
    starting = undefined;
    try {
      const slot = chooseSlot(flash);
      if (slot === undefined) {
        // The boot loader resets and tries again, for ever.
        say("E boot: No bootable app partitions in the partition table");
        reset("restart");
        return;
      }
      running = slot;
      boot(slot, reason);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      ended(error);
    }
  }

  function boot(slot: SlotName, reason: ResetReason): void {
    const image = readDescription(flash.slot(slot))!;
    tell("boot", { slot, version: image.version, reason });
    const isOurs = options.firmware === "jobsfw";
    const requestBytes = options.httpRequestBytes ?? (isOurs ? httpRequestBytes : 512);
    chip = createChip({
      time,
      flash,
      fs: mountSpiffs(flash),
      rtc,
      radio: createRadio(options.network ?? hostNetwork, paceOf(options.linkBytesPerSecond, time)),
      pins,
      random,
      seed: (options.seed ?? 1) + bootCount++,
      stackBytes: options.stackBytes ?? (isOurs ? 16384 : 8192),
      httpRequestBytes: requestBytes,
      mqttBufferBytes: options.mqttBufferBytes ?? (isOurs ? 4096 : 1024),
      mqttReconnectBlockMs: options.mqttReconnectBlockMs ?? (isOurs ? 100 : 5012),
      component: isOurs ? createComponent(requestBytes) : undefined,
      running: slot,
      resetReason: reason,
      line,
      out: (text) => tell("console", text),
      ended,
    });
    const wifi = registerModules(chip, image.modules);
    wifi.accessPoint(apIsThere);
    setAccessPoint = wifi.accessPoint;
    if (isOurs) chip.boot(Buffer.from(initString), "=INIT");
    else chip.boot(flash.files.get("init.lua"), "@init.lua");
  }
  let setAccessPoint: (isThere: boolean) => void = () => undefined;

  function ended(fault: Fault): void {
    if (fault.kind === "power") {
      line(`power: ${fault.message}`);
      cut();
      return;
    }
    if (fault.kind === "hang") {
      line(`hang: ${fault.message}`);
      return;
    }
    if (fault.kind !== "restart") say(fault.message);
    if (fault.kind === "panic") rtc.panics = Math.min(15, rtc.panics + 1);
    tell("restart", { reason: fault.kind });
    reset(fault.kind);
  }

  function cut(): void {
    chip?.stop();
    chip = undefined;
    starting?.();
    starting = undefined;
    powered = false;
    pins.reset();
  }

  return {
    files: {
      read: (name) => flash.files.get(name),
      write(name, contents) {
        flash.files.set(name, Buffer.from(contents));
        flash.save("file", name);
      },
      remove(name) {
        flash.files.delete(name);
        flash.save("file", name);
      },
      list: () => [...flash.files.keys()].sort(),
    },
    nvs: {
      read: (namespace, key) => flash.nvs.get(`${namespace}/${key}`),
      write(namespace, key, value) {
        if (namespace.length > 15 || key.length > 15) throw new Error(`"${namespace}" or "${key}" is longer than NVS keeps`);
        flash.nvs.set(`${namespace}/${key}`, Buffer.from(value));
        flash.save("nvs");
      },
      flash: (image) => flashNvs(flash, image),
      erases: () => flash.nvsErases,
    },
    flash(slot, image) {
      if (image.length > slotBytes) throw new Error(`an image of ${image.length} bytes does not fit into a slot of ${slotBytes}`);
      flash.setSlot(slot, Buffer.from(image));
      flash.otadata[0] = slot === "ota_0" ? undefined : { seq: 2, state: "valid" };
      flash.otadata[1] = undefined;
      flash.save("otadata");
    },
    powerOn() {
      if (powered) return;
      powered = true;
      poweredAt = time.now();
      edges = [];
      if (slotNames.every((slot) => flash.slot(slot).length === 0)) {
        flash.setSlot("ota_0", buildImage({ version: "7c5bb151", project: "nodemcu", sizeBytes: 65536 }));
      }
      // RTC RAM holds whatever it came up with; the panic counter and the clock start anew.
      rtc.words.forEach((_, i) => (rtc.words[i] = Math.floor(random() * 0x100000000) | 0));
      rtc.panics = 0;
      rtc.epochOffsetMs = 0;
      reset("power");
    },
    powerOff: cut,
    type: (bytes) => chip?.type(bytes),
    get powered() {
      return powered;
    },
    pins: () => [...edges],
    drivePin: (pin, level) => pins.drive(pin, level),
    slots() {
      const states: Record<string, string> = {};
      const versions: Record<string, string> = {};
      for (const slot of slotNames) {
        const state = slotState(flash, slot);
        if (state !== undefined) states[slot] = state;
        const image = readDescription(flash.slot(slot));
        if (image !== undefined) versions[slot] = image.version;
      }
      const next = nextSlot(flash);
      return { running: running !== "" || versions[next] === undefined ? running : next, next, states, versions };
    },
    on(event, listener) {
      listeners[event].add(listener);
      return () => listeners[event].delete(listener);
    },
    cutPowerAtWrite: (n) => flash.cutAt(n),
    wifi(isThere) {
      apIsThere = isThere;
      setAccessPoint(isThere);
    },
  };
}
