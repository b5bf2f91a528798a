/** A Jobs service and a virtual board in one process, without sockets, on one clock that moves when a story says so. */
import { createHash } from "node:crypto";
import { luaModules, prepareBoard, readBundle } from "../../tools/cli/virtual-board";
import { startJobsService, type JobsService, type Traffic } from "../../tools/jobs-service";
import { VirtualTime } from "../../tools/time";
import type { Board, BoardOptions } from "../../tools/virtual-esp32";
import { buildImage } from "../../tools/virtual-esp32/image";

export const thingName = "lamp-01";

export interface World {
  readonly time: VirtualTime;
  readonly service: JobsService;
  readonly board: Board;
  /** Console lines of the board. */
  readonly lines: string[];
  /** Messages between service and board. */
  readonly traffic: Traffic[];
  /** Lets everything happen that is under way, without moving the clock. */
  settle(): Promise<void>;
  /** Lets `ms` pass, with all that happens meanwhile. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until `condition` holds; fails after `limitMs`. */
  until(condition: () => boolean, limitMs?: number): Promise<void>;
  createJob(jobId: string, document: unknown): void;
  /** `STATUS code` of the job on this board. */
  ending(jobId: string): string;
  details(jobId: string): Readonly<Record<string, string>>;
  /** Lets time pass until the job has ended. */
  ended(jobId: string, limitMs?: number): Promise<string>;
  /** Serves an image; gives what a document says of it. */
  publish(
    version: string,
    sizeBytes?: number,
    bundle?: string,
  ): { url: string; version: string; md5: string; sha256: string; size: number };
  /** The way to the service is open, or not. */
  reachable: boolean;
  close(): Promise<void>;
}

const turnsOfQuiet = 12;

/** Settings and certificates of the stories' board: plain MQTT, since nothing leaves the process. */
function identity(changed: Record<string, unknown>): Record<string, string> {
  const settings = {
    thingName,
    endpoint: "jobs.test",
    port: 1883,
    tls: false,
    allowHttp: true,
    wifi: { ssid: "home", password: "secret" },
    ...changed,
  };
  return { "settings.json": JSON.stringify(settings) };
}

/** Opens a world; the board is off. */
export async function openWorld(options: { settings?: Record<string, unknown>; board?: BoardOptions } = {}): Promise<World> {
  const time = new VirtualTime();
  const service = await startJobsService({ time, ports: { mqtt: false, mqtts: false, https: false } });
  service.rules.createThing(thingName);
  const lines: string[] = [];
  const traffic: Traffic[] = [];
  let happened = 0;
  service.onTraffic((message) => {
    traffic.push(message);
    happened++;
  });
  const world: World = {
    time,
    service,
    lines,
    traffic,
    reachable: true,
    board: prepareBoard({
      identity: identity(options.settings ?? {}),
      time,
      network: {
        connect(_host, port) {
          const stream = port === 1883 ? service.connectMqtt() : service.connectHttp();
          stream.on("data", () => happened++);
          if (!world.reachable) stream.destroy(new Error("unreachable"));
          return stream;
        },
      },
      log: (line) => {
        lines.push(line);
        happened++;
      },
      ...options.board,
    }),
    async settle() {
      for (let quiet = 0; quiet < turnsOfQuiet; quiet++) {
        const before = happened;
        await new Promise((resolve) => setImmediate(resolve));
        if (happened !== before) quiet = 0;
      }
    },
    async pass(ms) {
      const end = time.now() + ms;
      await advance(() => time.now() >= end, ms + 1, end);
    },
    until: (condition, limitMs = 120_000) => advance(condition, limitMs, Infinity),
    createJob(jobId, document) {
      const text = typeof document === "string" ? document : JSON.stringify(document);
      service.rules.createJob({ jobId, targets: [service.rules.thingArn(thingName)], document: text });
    },
    ending(jobId) {
      const { status } = service.rules.describeExecution(thingName, jobId);
      const code = world.details(jobId)["code"];
      return code === undefined ? status : `${status} ${code}`;
    },
    details: (jobId) => service.rules.describeExecution(thingName, jobId).statusDetails?.detailsMap ?? {},
    async ended(jobId, limitMs) {
      await world.until(() => !/^(QUEUED|IN_PROGRESS)/.test(world.ending(jobId)), limitMs);
      await world.settle();
      return world.ending(jobId);
    },
    publish(version, sizeBytes = 300_000, bundle = readBundle()) {
      const image = buildImage({ version, project: "esp32-jobs", sizeBytes, modules: luaModules(bundle) });
      const digest = (algorithm: string): string => createHash(algorithm).update(image).digest("hex");
      return {
        url: service.putObject(`fw-${version}.bin`, image),
        version,
        md5: digest("md5"),
        sha256: digest("sha256"),
        size: image.length,
      };
    },
    async close() {
      world.board.powerOff();
      await service.stop();
    },
  };
  return world;

  async function advance(condition: () => boolean, limitMs: number, end: number): Promise<void> {
    const limit = time.now() + limitMs;
    for (;;) {
      await world.settle();
      if (condition()) return;
      if (time.now() >= limit) throw new Error(`still waiting after ${limitMs} ms; the board said:\n${lines.slice(-12).join("\n")}`);
      const step = Math.min(time.untilNext() ?? 1000, end - time.now(), limit - time.now());
      time.advance(Math.max(0, step));
      happened++;
    }
  }
}

/** How many messages went each way since the start of the list, or since `from`. */
export function countTraffic(world: World, from = 0): { published: number; received: number } {
  const since = world.traffic.slice(from);
  return {
    published: since.filter(({ direction }) => direction === "published").length,
    received: since.filter(({ direction }) => direction === "received").length,
  };
}
