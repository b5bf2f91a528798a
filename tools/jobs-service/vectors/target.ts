/** What a vector is tried on: a rulebook and its clock, and a device's connection to them. */
import type { VirtualTime } from "../../time";
import type { Choices } from "../choices";
import type { Rules } from "../rules";

/** Vectors create jobs in few words: the role that signs their URLs goes without saying. */
export const vectorChoices: Partial<Choices> = { placeholdersNeedRole: false };

export interface Received {
  readonly topic: string;
  readonly payload: string;
}

export interface Target {
  readonly rules: Rules;
  readonly time: VirtualTime;
  /** Connects the device and subscribes it to every Jobs topic. */
  connect(thingName: string): Promise<void>;
  publish(topic: string, payload: Buffer, qos: 0 | 1): Promise<void>;
  /** All that has reached the device, in order, once nothing more can come. */
  received(): Promise<readonly Received[]>;
  /** Whether the service has ended the connection. */
  isDisconnected(): boolean;
  end(): Promise<void>;
}
