/** A virtual board beside a broker in memory. */
import type { BoardOptions } from "../../tools/virtual-esp32/index";
import { scriptedBroker, type ScriptedBroker } from "../surroundings/scripted-broker";
import type { Bench } from "./bench";
import { bench, online } from "./bench";

/** A board that runs `body` once it has an address, and a broker in memory. */
export function connectable(body: string, options: BoardOptions = {}): Bench & { broker: ScriptedBroker } {
  const broker = scriptedBroker();
  const made = bench(online(body), { network: { connect: () => broker.connect() }, mqttBufferBytes: 1024, ...options });
  made.board.powerOn();
  return { ...made, broker };
}

/** Holds once the console has shown the line. */
export const said = (b: Bench, line: string) => (): boolean => b.lines.includes(line);
