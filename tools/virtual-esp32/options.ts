/** What a virtual board is made of. */
import type { ChipName } from "../firmware/chips";
import type { TimeSource } from "../time";
import type { Network } from "./radio";

export interface BoardOptions {
  /** Folder that keeps the flash; without it the flash is in memory. */
  readonly dir?: string;
  readonly time?: TimeSource;
  readonly network?: Network;
  /** Decides everything that is chance: order of keys, torn writes, cuts of messages. */
  readonly seed?: number;
  /** NodeMCU as it is, or with our component and the settings of our firmware. Stock unless said otherwise. */
  readonly firmware?: "stock" | "jobsfw";
  /** ESP32 unless said otherwise. Only pins and `node.info` differ. */
  readonly chip?: ChipName;
  /** Stack of the main task, on which Lua runs: 8192 in NodeMCU's defaults, 16384 in our firmware. */
  readonly stackBytes?: number;
  /** The http module's request buffer: 512 in NodeMCU, larger where our firmware lifts it. */
  readonly httpRequestBytes?: number;
  /** CONFIG_MQTT_BUFFER_SIZE: 1024 in NodeMCU's defaults, 4096 in our firmware. */
  readonly mqttBufferBytes?: number;
  /** How long Lua is blocked when an MQTT connection is lost or cannot be made: 5012 measured on stock firmware, about 100 on ours. */
  readonly mqttReconnectBlockMs?: number;
  /** How fast downloads come in; as fast as this computer can unless given. */
  readonly linkBytesPerSecond?: number;
  readonly log?: (line: string) => void;
  /** The map beside a bundle: the lines of its Lua are shown as the lines of TypeScript they came from. */
  readonly sourceMap?: string;
}
