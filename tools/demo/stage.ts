/** A Jobs service over TLS and a freshly provisioned virtual board, for stories that are told in real time. */
import { createHash } from "node:crypto";
import { identityFiles, virtualWifi } from "../cli/identity";
import { luaModules, prepareBoard } from "../cli/virtual-board";
import { startJobsService, type JobsService } from "../jobs-service";
import { systemTime } from "../time";
import type { Board } from "../virtual-esp32";
import { buildImage } from "../virtual-esp32/image";
import { countMessages, type MessageCounter } from "./messages";

/** What became of a job. Times in seconds since the job was created. */
export interface Ending {
  readonly jobId: string;
  readonly status: string;
  readonly statusDetails: Readonly<Record<string, string>>;
  readonly seconds: number;
}

/** A moment worth telling, as it happens. */
export type Moment = (who: "service" | "board" | "pin", text: string) => void;

export interface Stage {
  readonly service: JobsService;
  readonly board: Board;
  readonly messages: MessageCounter;
  createJob(jobId: string, document: object): void;
  /** Resolves when the job has ended; rejects when that takes longer than `limitSeconds`. */
  ended(jobId: string, limitSeconds?: number): Promise<Ending>;
  close(): Promise<void>;
}

export const thingName = "lamp-01";

const terminal = new Set(["SUCCEEDED", "FAILED", "REJECTED", "CANCELED", "TIMED_OUT", "REMOVED"]);

/** Serves a firmware image with the present bundle inside; gives what a job document says of it. */
export function publishImage(service: JobsService, version: string, sizeBytes: number) {
  const image = buildImage({ version, project: "esp32-jobs", sizeBytes, modules: luaModules() });
  return {
    url: service.putObject(`esp32-jobs-${version}.bin`, image),
    version,
    md5: createHash("md5").update(image).digest("hex"),
    sha256: createHash("sha256").update(image).digest("hex"),
    size: image.length,
  };
}

/** Starts service and board; resolves when the board has asked for its first job. */
export async function openStage(tell: Moment, dir?: string): Promise<Stage> {
  const service = await startJobsService({ time: systemTime(), ports: { mqtt: 0, mqtts: 0, https: 0 }, ...(dir !== undefined && { dir }) });
  const credentials = await service.provision(thingName);
  const messages = countMessages(service, thingName);
  const board = prepareBoard({
    identity: identityFiles(credentials, { mqtts: service.urls.mqtts ?? "" }, virtualWifi),
    log: (line) => tell("board", line),
  });
  board.on("pin", ({ pin, level }) => tell("pin", `pin ${pin} ${level === 1 ? "on" : "off"}`));

  const created = new Map<string, number>();
  const waiting = new Map<string, (ending: Ending) => void>();
  const seen = new Map<string, string>();
  const look = (): void => {
    for (const [jobId, createdAt] of created) {
      const { status, statusDetails } = service.rules.describeExecution(thingName, jobId);
      const details = statusDetails?.detailsMap ?? {};
      const view = `${status} ${Object.entries(details)
        .map(([key, value]) => `${key}=${value}`)
        .join(" ")}`.trim();
      if (seen.get(jobId) === view) continue;
      seen.set(jobId, view);
      tell("service", `${jobId}: ${view}`);
      if (!terminal.has(status)) continue;
      created.delete(jobId);
      waiting.get(jobId)?.({ jobId, status, statusDetails: details, seconds: Math.round(performance.now() - createdAt) / 1000 });
    }
  };
  const stopLooking = service.onTraffic(look);

  board.powerOn();
  await new Promise<void>((resolve) => {
    const stop = service.onTraffic(({ direction, topic }) => {
      if (direction !== "received" || !topic.endsWith("/get/accepted")) return;
      stop();
      resolve();
    });
  });

  return {
    service,
    board,
    messages,
    createJob(jobId, document) {
      created.set(jobId, performance.now());
      service.rules.createJob({ jobId, targets: [service.rules.thingArn(thingName)], document: JSON.stringify(document) });
      look();
    },
    ended(jobId, limitSeconds = 60) {
      return new Promise((resolve, reject) => {
        const stop = systemTime().after(limitSeconds * 1000, () =>
          reject(new Error(`job ${jobId} has not ended after ${limitSeconds} s: ${seen.get(jobId)}`)),
        );
        waiting.set(jobId, (ending) => {
          stop();
          // The announcement of the new head of the list is part of the job's messages.
          setImmediate(() => resolve(ending));
        });
        look();
      });
    },
    async close() {
      stopLooking();
      messages.stop();
      board.powerOff();
      await service.stop();
    },
  };
}
