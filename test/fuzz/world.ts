/** One device, one service and the network between them, on one virtual clock. The device keeps its flash across restarts. */
import { VirtualTime } from "../../tools/time";
import { jsonReader } from "../spec/json-reader";
import { virtualAgent, type Published, type VirtualAgent } from "../spec/virtual-agent";
import { answer } from "./answers";
import type { Chance } from "./chance";
import { createNetwork, type Network } from "./network";
import { createService, type Service } from "./service";
import { newMarks, workAction, type Marks } from "./work";

/** A request, and when the device sent it. */
export interface Sent extends Published {
  readonly atMs: number;
}

export interface World {
  readonly service: Service;
  readonly network: Network;
  readonly marks: Marks;
  readonly sent: Sent[];
  /** Work that began, by its id, and when. */
  readonly begun: { readonly id: string; readonly atMs: number }[];
  /** What happened, a line each. */
  readonly history: string[];
  readonly boots: number;
  /** How many requests the service refuses: none, one in two, all. */
  busy: "never" | "often" | "always";
  /** While false, no record can be written. */
  flashWorks: boolean;
  /** Some record was refused, ever. */
  flashFailed: boolean;
  /** Power is lost at the next write: before or after it took place. */
  cutAtWrite: "before" | "after" | undefined;
  nowMs(): number;
  note(line: string): void;
  boot(reason: string): void;
  connect(): void;
  drop(): void;
  /** Moves on. */
  pass(ms: number): void;
}

/** A device that has just been switched on for the first time, offline. */
export function createWorld(chance: Chance, claimAfterSeconds: number): World {
  const time = new VirtualTime(0);
  const texts: Record<string, string> = {};
  let lamp: VirtualAgent;
  let pumped = 0;
  let boots = 0;
  let isCut = false;

  const note = (line: string): void => void world.history.push(`${(world.nowMs() / 1000).toFixed(3).padStart(9)} s  ${line}`);
  const marks = newMarks();
  const work = workAction(
    marks,
    (id) => {
      note(`device: runs ${id}`);
      world.begun.push({ id, atMs: world.nowMs() });
    },
    () => world.flashWorks,
  );
  const network = createNetwork(time, chance, {
    device(topic, payload) {
      note(`device < ${topic} ${payload ?? "(cannot be decoded)"}`);
      lamp.say(topic, payload);
      settle();
    },
    service(topic, payload) {
      const isBusy = world.busy === "always" || (world.busy === "often" && chance.oneIn(2));
      const code = isBusy ? chance.pick(["RequestThrottled", "InternalError"]) : undefined;
      note(`service < ${topic} ${payload}`);
      network.toDevice(...answer(world.service, code, topic, jsonReader.decode(payload) ?? {}));
    },
  });

  // What came of the last event: requests go out, a restart or a power cut ends this boot.
  function settle(): void {
    for (const { topic, body } of lamp.published.slice(pumped)) {
      world.sent.push({ topic, body, atMs: world.nowMs() });
      const payload = JSON.stringify(body);
      note(`device > ${topic} ${payload}`);
      network.toService(topic, payload);
    }
    pumped = lamp.published.length;
    if (isCut) world.boot("power");
    else if (lamp.device.trace.at(-1)?.endsWith(" restart") === true) world.boot("restart");
  }

  function breakFlash({ device, agent }: VirtualAgent): void {
    const { records } = device;
    const { write } = records;
    device.recordsWork = true;
    records.write = (name, content) => {
      const cut = world.cutAtWrite;
      world.cutAtWrite = undefined;
      const isWritten = world.flashWorks && cut !== "before" && write(name, content);
      if (!world.flashWorks) world.flashFailed = true;
      note(`device: journal ${isWritten ? "" : "not "}written: ${content}`);
      if (cut !== undefined) {
        note(`power cut ${cut} this write`);
        isCut = true;
        agent.stop();
      }
      return isWritten;
    };
  }

  const world: World = {
    service: createService(time, chance, (topic, payload) => network.toDevice(topic, payload), note),
    network,
    marks,
    sent: [],
    begun: [],
    history: [],
    get boots() {
      return boots;
    },
    busy: "never",
    flashWorks: true,
    flashFailed: false,
    cutAtWrite: undefined,
    nowMs: () => time.now(),
    note,
    boot(reason) {
      boots++;
      isCut = false;
      pumped = 0;
      network.turn(false);
      note(`boot ${boots}: ${reason}`);
      lamp = virtualAgent({ texts, bootReason: reason }, { claimAfterSeconds }, [work]);
      breakFlash(lamp);
    },
    connect() {
      network.turn(true);
      note("online");
      lamp.connect();
      settle();
    },
    drop() {
      network.turn(false);
      note("offline");
      lamp.drop();
      settle();
    },
    pass(ms) {
      const endMs = time.now() + ms;
      while (time.now() < endMs) {
        // The device's clock moves to its next timer, but not past what is due elsewhere.
        const { clock } = lamp.device;
        const beforeMs = lamp.device.nowMs();
        const cancel = clock.after(Math.min(endMs - time.now(), time.untilNext() ?? Infinity), () => undefined);
        const { device } = lamp;
        device.advanceToNext();
        cancel();
        time.advance(device.nowMs() - beforeMs);
        settle();
      }
    },
  };
  world.boot("power");
  return world;
}
