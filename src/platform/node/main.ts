/** The agent as a process of this computer: it boots from a folder, and boots again when it restarts. */
import { randomInt } from "node:crypto";
import type { Duplex } from "node:stream";
import { startAgent, type Agent } from "../../agent";
import { readSettings, type Settings } from "../../settings";
import { hostTime, nodeClock, type Enter, type TimeSource } from "./clock";
import { nodeFirmware } from "./firmware";
import { nodeGpio, type OnPin } from "./gpio";
import { nodeHashes } from "./hashes";
import { nodeHttp } from "./http";
import { readHttpRoots, readIdentity, readNeeded, readSigner } from "./identity";
import { nodeJson } from "./json";
import { brokerConnection, nodeMqtt } from "./mqtt";
import { nodeRecords } from "./records";
import { nodeSignatures } from "./signatures";
import { bootSlot } from "./slots";
import { leaveBootReason, nodeSystem, takeBootReason, type Crashes, type RestartReason } from "./system";

export interface NodeAgentOptions {
  /** Holds settings.json and the certificates; records and firmware slots go there too. */
  readonly dir: string;
  /** Hears each line for the console; standard output unless said otherwise. */
  readonly log?: (line: string) => void;
  readonly onPin?: OnPin;
  /** Hears of each restart, after everything of the boot has ended. */
  readonly onRestart?: (reason: RestartReason) => void;
  /** Ends the agent; the promise then resolves. */
  readonly signal?: AbortSignal;
  readonly time?: TimeSource;
  /** Opens the way to the broker, instead of the endpoint of the settings. */
  readonly connectMqtt?: () => Duplex;
  /** The firmware version of a folder that has none yet. */
  readonly version?: string;
}

/** The firmware restarts as long after an error that nobody caught. */
const crashPauseMs = 2_000;

/**
 * Runs the agent until the signal ends it. Rejects with an Error of one sentence when the folder is wrong: it names the setting
 * or the file.
 */
export async function runNodeAgent(options: NodeAgentOptions): Promise<void> {
  const { dir, signal, time = hostTime } = options;
  const crashes: Crashes = { count: 0, firmware: "" };
  while (signal?.aborted !== true) {
    const reason = await boot(options, time, crashes);
    if (reason === undefined) return;
    if (reason === "crash") crashes.count++;
    leaveBootReason(dir, reason);
    options.onRestart?.(reason);
    if (reason === "crash") await pause(time, crashPauseMs, signal);
  }
}

/** One boot. Resolves, with everything of it ended, to the reason for the next one; to undefined when there shall be none. */
async function boot(options: NodeAgentOptions, time: TimeSource, crashes: Crashes): Promise<RestartReason | undefined> {
  const { dir, signal, log = (line: string) => console.log(line), onPin = () => undefined } = options;
  const settings = settingsIn(dir);
  const identity = settings.tls ? readIdentity(dir) : undefined;
  const httpRoots = readHttpRoots(dir);
  const signatures = nodeSignatures(readSigner(dir));
  const booted = bootSlot(dir, options.version ?? "0.0.0");
  const leftReason = takeBootReason(dir);

  let agent: Agent | undefined;
  let over = false;
  let end = (_reason: RestartReason | undefined): void => undefined;
  const ended = new Promise<RestartReason | undefined>((resolve) => {
    end = (reason) => {
      over = true;
      resolve(reason);
    };
  });
  const enter: Enter = (tell) => {
    if (over) return;
    try {
      tell();
    } catch (error) {
      for (const line of `crash: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`.split("\n")) log(line);
      end("crash");
    }
  };

  const clock = nodeClock(time, enter);
  const http = nodeHttp(time, enter, httpRoots);
  const firmware = nodeFirmware(dir, booted, () => end("rollback"));
  const connect = options.connectMqtt ?? brokerConnection(settings.endpoint, settings.port, identity);
  const mqtt = nodeMqtt({ clientId: settings.thingName, connect, time, enter, random: (below) => randomInt(below) });
  const running = firmware.info();
  const name = `${running.version} ${running.slot}`;
  if (crashes.firmware !== name) Object.assign(crashes, { count: 0, firmware: name });
  const system = nodeSystem({ restart: () => end("restart"), bootReason: booted.rolledBack ? "rollback" : leftReason, crashes, log });
  const abort = (): void => {
    agent?.stop();
    end(undefined);
  };
  signal?.addEventListener("abort", abort, { once: true });
  enter(() => {
    const others = { gpio: nodeGpio(onPin), hashes: nodeHashes, json: nodeJson, records: nodeRecords(dir), signatures };
    agent = startAgent({ clock, firmware, http, mqtt, system, ...others }, settings);
  });

  const reason = await ended;
  signal?.removeEventListener("abort", abort);
  clock.stop();
  http.stop();
  mqtt.stop();
  firmware.stop();
  await mqtt.ended();
  return signal?.aborted === true ? undefined : reason;
}

/** Throws an Error whose message is one sentence. */
function settingsIn(dir: string): Settings {
  const values = nodeJson.decode(readNeeded(dir, "settings.json"));
  if (values === undefined) throw new Error("settings.json is not a JSON object");
  const settings = readSettings(values);
  if ("problem" in settings) throw new Error(`settings.json: ${settings.problem}`);
  return settings;
}

function pause(time: TimeSource, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const cancel = time.after(delayMs, end);
    signal?.addEventListener("abort", end);
  });
}
