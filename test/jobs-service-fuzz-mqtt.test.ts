/** The MQTT face, sent whatever bytes there are. `FUZZ_FACTOR` sends more of them, `SEED` others. */
import { connect as connectPlain } from "node:net";
import type { Duplex } from "node:stream";
import { connect } from "node:tls";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startJobsService, type JobsService } from "../tools/jobs-service";
import { arn, patienceMs, runs } from "./fuzz-service/hostile";
import { greeting, session } from "./fuzz-service/packets";
import { devices, fence, type Device } from "./jobs-service/devices";

const secret = "only-for-t2";
let service: JobsService;
let log: string[];
let made: ReturnType<typeof devices>;
/** Another thing, which is to notice nothing. */
let other: Device;

beforeEach(async () => {
  log = [];
  made = devices();
  service = await startJobsService({ log: (line) => log.push(line), patience: { connectMs: 60, handshakeMs: 60 } });
  for (const name of ["t1", "t2"]) service.rules.createThing(name);
  service.rules.createJob({ jobId: "j1", targets: [arn("thing", "t1")], document: '{"action":"blink"}' });
  service.rules.createJob({ jobId: "j2", targets: [arn("thing", "t2")], document: JSON.stringify({ secret }) });
  const { ca, certificate: cert, privateKey: key } = await service.provision("t2");
  other = await made.connected(service.urls.mqtts ?? "", "t2", { ca, cert, key });
});

afterEach(async () => {
  await made.end();
  await service.stop();
});

/** Sends the pieces, has t2 change so that there is something to overhear, and gives all that came back. */
async function overheard(connection: Duplex, pieces: readonly Buffer[], turn: number): Promise<string> {
  const parts: Buffer[] = [];
  connection.on("data", (part: Buffer) => parts.push(part));
  connection.on("error", () => {});
  const closed = new Promise<void>((resolve) => connection.once("close", () => resolve()));
  for (const piece of pieces) if (!connection.destroyed) connection.write(piece);
  await fence(other);
  const jobId = `o${turn}`;
  service.rules.createJob({ jobId, targets: [arn("thing", "t2")], document: JSON.stringify({ secret }) });
  service.rules.deleteJob(jobId, true);
  await fence(other);
  connection.end();
  connection.destroy();
  await closed;
  return Buffer.concat(parts).toString("latin1");
}

const ways: [string, () => Promise<Duplex>][] = [
  [
    "with t1's certificate",
    async () => {
      const { ca, certificate: cert, privateKey: key } = await service.provision("t1");
      const socket = connect({ port: Number(new URL(service.urls.mqtts ?? "").port), host: "127.0.0.1", ca, cert, key });
      await new Promise((resolve) => socket.once("secureConnect", resolve));
      return socket;
    },
  ],
];

it.each(ways)(
  "whoever connects %s crashes nothing and hears nothing of t2, whatever it sends",
  { timeout: patienceMs },
  async (_how, open) => {
    let turn = 0;
    await fc.assert(
      fc.asyncProperty(session, async (pieces) => {
        expect(await overheard(await open(), pieces, turn++)).not.toContain(secret);
        expect(log.filter((line) => line.includes("the service failed"))).toEqual([]);
        expect(service.rules.describeExecution("t2", "j2")).toMatchObject({ status: "QUEUED", versionNumber: 1 });
      }),
      runs(120),
    );
    await fence(other);
  },
);

it("no bytes over plain MQTT crash the service or stop it for others", { timeout: patienceMs }, async () => {
  let turn = 0;
  await fc.assert(
    fc.asyncProperty(session, async (pieces) => {
      await overheard(service.connectMqtt(), pieces, turn++);
      expect(log.filter((line) => line.includes("the service failed"))).toEqual([]);
    }),
    runs(200),
  );
  await fence(other);
});

it.each([
  ["+", "$aws/things/+/jobs/notify-next"],
  ["#", "$aws/things/#"],
  ["t2/jobs", "$aws/things/t2/jobs/notify-next"],
])("a client id %s is no way to the topics of other things", async (clientId, filter) => {
  const thief = made.trying(service.urls.mqtt ?? "", clientId);
  thief.client.subscribe(filter);
  await thief.closed;
  expect(log.join("\n")).toContain("which it is not allowed");
});

it.each([
  ["nothing", []],
  ["half a CONNECT", [greeting.subarray(0, 5)]],
])("whoever sends %s is hung up on", async (_what, pieces) => {
  for (const url of [service.urls.mqtt, service.urls.mqtts]) {
    const socket = connectPlain(Number(new URL(url ?? "").port), "127.0.0.1");
    socket.on("error", () => {});
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    for (const piece of pieces) socket.write(piece);
    socket.resume();
    await closed;
  }
});
