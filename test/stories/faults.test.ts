/** The promise, under each fault: whatever the service loses, delays, repeats or refuses, every job ends once and truly. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runNodeAgent } from "../../src/platform/node/main";
import { startJobsService } from "../../tools/jobs-service";
import { buildImage } from "../../tools/virtual-esp32/image";
import { openWorld } from "./world";

const documents = {
  blink: { action: "blink", count: 2, onTime: 200, offTime: 200 },
  long: { action: "blink", count: 4, onTime: 1500, offTime: 1500 },
  describe: { action: "describe" },
  reboot: { action: "reboot" },
  nonsense: { action: "fly" },
  update: undefined,
};
type Kind = keyof typeof documents;
const kinds = Object.keys(documents) as Kind[];
type Endings = Readonly<Record<Kind, RegExp>>;

/** How jobs end when nothing is lost for good. */
const well: Endings = {
  blink: /^SUCCEEDED$/,
  long: /^SUCCEEDED$/,
  describe: /^SUCCEEDED$/,
  reboot: /^SUCCEEDED$/,
  nonsense: /^REJECTED ACTION_UNKNOWN$/,
  update: /^SUCCEEDED$/,
};

interface Story {
  readonly faults: readonly Record<string, unknown>[];
  readonly endings?: Partial<Endings>;
}

const some = { probability: 0.4 };

const stories: Readonly<Record<string, Story>> = {
  "throttled now and then": { faults: [{ fault: "throttle", probability: 0.6 }] },
  "answered with internal errors": { faults: [{ fault: "internal-error", probability: 0.6 }] },
  "whose requests are lost": { faults: [{ fault: "drop", at: "request", operations: ["describe", "update"], ...some }] },
  "whose replies are lost": { faults: [{ fault: "drop", operations: ["describe", "update"], ...some }] },
  "that never hears a notification": { faults: [{ fault: "drop", operations: ["notify", "notify-next"] }] },
  "that hears everything twice or three times": { faults: [{ fault: "duplicate" }, { fault: "duplicate", ...some }] },
  "whose requests are carried out twice": { faults: [{ fault: "duplicate", at: "request" }] },
  "that hears things in another order": { faults: [{ fault: "reorder", probability: 0.7, delayMs: 5000 }] },
  "whose replies are late": { faults: [{ fault: "delay", delayMs: 45_000, ...some }] },
  "whose requests are late": { faults: [{ fault: "delay", at: "request", delayMs: 45_000, ...some }] },
  "disconnected before it is heard": { faults: [{ fault: "disconnect", at: "request", probability: 0.3 }] },
  "disconnected instead of answered": { faults: [{ fault: "disconnect", probability: 0.3 }] },
  "disconnected after the answer": { faults: [{ fault: "disconnect", at: "after-reply", probability: 0.3 }] },
  "that cannot connect at first, nor quickly later": {
    faults: [
      { fault: "refuse-connection", count: 3 },
      { fault: "delay", operations: ["connect"], delayMs: 8000 },
    ],
  },
  "whose download is corrupted": {
    faults: [{ fault: "corrupt" }],
    endings: { update: /^FAILED (MD5_MISMATCH|SHA256_MISMATCH|IMAGE_INVALID)$/ },
  },
  "whose download is cut": { faults: [{ fault: "truncate" }], endings: { update: /^FAILED (DOWNLOAD_FAILED|SIZE_MISMATCH)$/ } },
  "whose download gets no answer": {
    faults: [{ fault: "drop", operations: ["download"] }],
    endings: { update: /^FAILED DOWNLOAD_FAILED$/ },
  },
  "whose bucket is throttled": {
    faults: [{ fault: "throttle", operations: ["download"] }],
    endings: { update: /^FAILED DOWNLOAD_REFUSED$/ },
  },
  "whose download is slow": { faults: [{ fault: "slow-download", bytesPerSecond: 8000 }] },
  "under several faults at once": {
    faults: [
      { fault: "throttle", probability: 0.2 },
      { fault: "drop", probability: 0.2 },
      { fault: "duplicate", probability: 0.2 },
      { fault: "reorder", probability: 0.2 },
      { fault: "disconnect", probability: 0.1 },
    ],
  },
};

/** Lives through one story; gives what became of each job, and how often the LED went on. */
async function live({ faults }: Story, seed: number): Promise<{ endings: string[]; flashes: number; faulty: number; traffic: string[] }> {
  const world = await openWorld({ board: { seed } });
  let flashes = 0;
  world.board.on("pin", ({ level }) => (flashes += level));
  try {
    for (const fault of faults) world.service.rules.faults.add({ ...fault, seed });
    world.board.powerOn();
    for (const kind of kinds) {
      world.createJob(kind, documents[kind] ?? { action: "ota", ...world.publish("2.0.0", 20_000) });
      await world.pass(700);
    }
    const endings: string[] = [];
    for (const kind of kinds) endings.push(`${kind}: ${await world.ended(kind, 40_000_000)}`);
    const faulty = world.service.rules.faults.list().reduce((sum, { done }) => sum + done, 0);
    return { endings, flashes, faulty, traffic: world.traffic.map(({ direction, topic }) => `${direction} ${topic}`) };
  } finally {
    await world.close();
  }
}

const seeds = [1, 2, 3];

test.each(Object.entries(stories))("a board %s brings every job to its true end", { timeout: 120_000 }, async (_what, story) => {
  const wanted = { ...well, ...story.endings };
  for (const seed of seeds) {
    const { endings, flashes, faulty } = await live(story, seed);
    for (const [n, kind] of kinds.entries())
      expect(`seed ${seed}, ${endings[n]}`).toMatch(new RegExp(`^seed ${seed}, ${kind}: ${wanted[kind].source.slice(1)}`));
    expect(flashes).toBe(documents.blink.count + documents.long.count);
    expect(faulty).toBeGreaterThan(0);
  }
});

test("the same seed gives the same story", { timeout: 60_000 }, async () => {
  const story = stories["under several faults at once"] ?? { faults: [] };
  const [one, again, other] = [await live(story, 7), await live(story, 7), await live(story, 8)];
  expect(again).toEqual(one);
  expect(other.traffic).not.toEqual(one.traffic);
});

/** Signed URLs are longer than stock firmware can send, so this is the agent on a computer. */
describe("an agent that is given a signed URL", () => {
  let dir = "";
  const cleanUp: (() => Promise<void>)[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "agent-"));
  });
  afterEach(async () => {
    for (const clean of cleanUp.splice(0).reverse()) await clean();
    rmSync(dir, { recursive: true });
  });

  test.each([
    ["which is expired already", { fault: "expire-url" }, /^FAILED DOWNLOAD_REFUSED$/],
    ["whose object comes corrupted", { fault: "corrupt" }, /^FAILED (MD5_MISMATCH|SHA256_MISMATCH|IMAGE_INVALID)$/],
  ])("%s says what went wrong", async (_what, fault, ending) => {
    const service = await startJobsService({ ports: { mqtt: false } });
    cleanUp.push(() => service.stop());
    const { ca, certificate, privateKey } = await service.provision("desk");
    const port = Number(new URL(service.urls.mqtts ?? "").port);
    const files = { "ca.pem": ca, "cert.pem": certificate, "key.pem": privateKey };
    for (const [name, text] of Object.entries({
      ...files,
      "settings.json": JSON.stringify({ thingName: "desk", endpoint: "localhost", port }),
    })) {
      writeFileSync(join(dir, name), text);
    }
    const image = buildImage({ version: "2.0.0", project: "esp32-jobs", sizeBytes: 20_000, modules: {} });
    const url = `\${aws:iot:s3-presigned-url:${service.putObject("fw.bin", image)}}`;
    const document = { action: "ota", url, version: "2.0.0", size: image.length, md5: createHash("md5").update(image).digest("hex") };
    service.rules.faults.add({ ...fault, target: "desk" });
    service.rules.createJob({
      jobId: "u",
      targets: [service.rules.thingArn("desk")],
      document: JSON.stringify(document),
      presignedUrlConfig: { roleArn: "arn:aws:iam::123456789012:role/read" },
    });
    const abort = new AbortController();
    const reported = new Promise<void>((resolve) => {
      service.onTraffic(({ topic, direction, payload }) => {
        if (direction === "published" && topic.endsWith("/u/update") && /FAILED|SUCCEEDED|REJECTED/.test(payload.toString()))
          setImmediate(resolve);
      });
    });
    const ended = runNodeAgent({ dir, signal: abort.signal, log: () => undefined });
    cleanUp.push(async () => {
      abort.abort();
      await ended;
    });
    await reported;
    const { status, statusDetails } = service.rules.describeExecution("desk", "u");
    expect(`${status} ${statusDetails.detailsMap["code"]}`).toMatch(ending);
    expect(service.rules.faults.list()).toMatchObject([{ done: 1 }]);
  });
});
