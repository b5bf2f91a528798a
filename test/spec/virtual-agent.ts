/** An agent on a virtual device, with the spec in the place of AWS IoT Jobs: it reads what the agent publishes and says what it likes. */
import { startAgent, type Agent } from "../../src/agent";
import type { Action } from "../../src/actions/action";
import { actions } from "../../src/actions/index";
import type { JsonObject, MqttEvents } from "../../src/ports";
import type { Settings } from "../../src/settings";
import { jsonReader } from "./json-reader";
import { ok } from "./spec";
import { virtualDevice, type VirtualDevice, type VirtualDeviceOptions } from "./virtual-device";

export const settings: Settings = {
  thingName: "lamp",
  endpoint: "jobs.test",
  port: 8883,
  tls: true,
  claimAfterSeconds: 5,
  askEverySeconds: 900,
  trialSeconds: 300,
  allowHttp: false,
  wifi: undefined,
};

/** What the agent published: the topic after `$aws/things/lamp/jobs/`, and the body. */
export interface Published {
  readonly topic: string;
  readonly body: JsonObject;
}

/** @noSelf */
export interface VirtualAgent {
  readonly device: VirtualDevice;
  readonly agent: Agent;
  /** Everything published since boot. */
  readonly published: Published[];
  /** Lines `topic status code`, such as `a/update IN_PROGRESS`, of everything published since boot but questions. */
  reports(): string[];
  /** The connection comes up. */
  connect(): void;
  drop(): void;
  /** A message on a topic after `$aws/things/lamp/jobs/`. Undefined: one that could not be held. */
  say(topic: string, payload: string | undefined): void;
  /** Answers the last request: accepted, with these further members. */
  accept(members?: string): void;
  reject(code: string, members?: string): void;
  /** The head of the pending list is now this; without an argument the list is empty. */
  notify(execution?: string): void;
  last(): Published;
}

const prefix = "$aws/things/lamp/jobs/";

/** The JSON of an execution. */
export function execution(jobId: string, document: string, status = "QUEUED", queuedAt = "1700000000", executionNumber = "1"): string {
  const started = status === "QUEUED" ? "" : ',"startedAt":1700000001';
  return `{"jobId":"${jobId}","status":"${status}","queuedAt":${queuedAt}${started},"lastUpdatedAt":${queuedAt},"versionNumber":1,"executionNumber":${executionNumber},"jobDocument":${document}}`;
}

/** Boots an agent; it is offline at first. */
export function virtualAgent(
  options: VirtualDeviceOptions = {},
  changed: Partial<Settings> = {},
  catalogue: readonly Action[] = actions,
): VirtualAgent {
  const device = virtualDevice(options);
  const published: Published[] = [];
  let events: MqttEvents | undefined;
  let isUp = false;
  const agent = startAgent(
    {
      clock: device.clock,
      http: device.http,
      records: device.records,
      gpio: device.gpio,
      hashes: device.hashes,
      firmware: device.firmware,
      signatures: device.signatures,
      system: device.system,
      json: jsonReader,
      mqtt: {
        start(_filters, listener) {
          events = listener;
        },
        publish(topic, payload) {
          if (!isUp) return false;
          ok(topic.slice(0, prefix.length) === prefix, `published on a foreign topic: ${topic}`);
          const body = jsonReader.decode(payload);
          ok(body !== undefined, `published what is not JSON: ${payload}`);
          published.push({ topic: topic.slice(prefix.length), body: body ?? {} });
          return true;
        },
        stop() {
          isUp = false;
        },
      },
    },
    { ...settings, ...changed },
    catalogue,
  );

  const virtual: VirtualAgent = {
    device,
    agent,
    published,
    reports() {
      const lines: string[] = [];
      for (const { topic, body } of published) {
        const details = body["statusDetails"] as JsonObject | undefined;
        const code = details?.["code"];
        if (body["status"] !== undefined)
          lines.push(`${topic} ${body["status"] as string}${code === undefined ? "" : ` ${code as string}`}`);
      }
      return lines;
    },
    connect() {
      isUp = true;
      events?.online();
    },
    drop() {
      isUp = false;
      events?.offline("the spec says so");
    },
    say(topic, payload) {
      events?.message(prefix + topic, payload);
    },
    accept(members) {
      const { topic, body } = virtual.last();
      const more = members === undefined ? "" : `,${members}`;
      virtual.say(`${topic}/accepted`, `{"clientToken":"${body["clientToken"] as string}","timestamp":1700000000${more}}`);
    },
    reject(code, members) {
      const { topic, body } = virtual.last();
      const more = members === undefined ? "" : `,${members}`;
      virtual.say(
        `${topic}/rejected`,
        `{"clientToken":"${body["clientToken"] as string}","code":"${code}","message":"m","timestamp":1700000000${more}}`,
      );
    },
    notify(head) {
      virtual.say("notify-next", head === undefined ? '{"timestamp":1700000000}' : `{"timestamp":1700000000,"execution":${head}}`);
    },
    last() {
      return published[published.length - 1] ?? { topic: "nothing was published", body: {} };
    },
  };
  return virtual;
}
