/** The other doors of the TLS ports, sent whatever there is: WebSockets, MQTT by ALPN, no TLS at all, and the data plane with another's certificate. */
import { connect as connectPlain } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startJobsService, type JobsService } from "../tools/jobs-service";
import { framesOf } from "./fuzz-service/frames";
import { arn, patienceMs, runs } from "./fuzz-service/hostile";
import { session } from "./fuzz-service/packets";
import { exchangeBytes, readAnswer } from "./fuzz-service/raw-http";
import { devices, fence, type Device } from "./jobs-service/devices";

const secret = "only-for-t2";
let service: JobsService;
let log: string[];
let made: ReturnType<typeof devices>;
/** A device that is to notice nothing. */
let other: Device;
let own: { ca: string; cert: string; key: string };

const portOf = (url: string | undefined): number => Number(new URL(url ?? "").port);

beforeEach(async () => {
  log = [];
  made = devices();
  service = await startJobsService({ log: (line) => log.push(line), patience: { connectMs: 60, handshakeMs: 60 } });
  const { rules } = service;
  for (const name of ["t1", "t2"]) rules.createThing(name);
  rules.createJob({ jobId: "j1", targets: [arn("thing", "t1")], document: '{"action":"blink"}' });
  rules.createJob({ jobId: "j2", targets: [arn("thing", "t2")], document: JSON.stringify({ secret }) });
  const { ca, certificate: cert, privateKey: key } = await service.provision("t1");
  own = { ca, cert, key };
  const second = await service.provision("watcher");
  // No client id that anyone sends at random: over a WebSocket everyone may push everyone else off the broker.
  other = await made.connected(service.urls.mqtts ?? "", "watcher", { ca, cert: second.certificate, key: second.privateKey });
});

afterEach(async () => {
  await made.end();
  await service.stop();
});

async function secure(options: ConnectionOptions = {}): Promise<Duplex> {
  const socket = connectTls({ port: portOf(service.urls.https), host: "127.0.0.1", ca: own.ca, ...options });
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  return socket;
}

/** Sends the pieces and gives what came back by the time the service has looked at them. */
async function sendAll(connection: Duplex, pieces: readonly Uint8Array[]): Promise<string> {
  const parts: Buffer[] = [];
  connection.on("data", (part: Buffer) => parts.push(part));
  connection.on("error", () => {});
  const closed = new Promise<void>((resolve) => connection.once("close", () => resolve()));
  for (const piece of pieces) if (!connection.destroyed) connection.write(piece);
  await fence(other);
  connection.end();
  connection.destroy();
  await closed;
  return Buffer.concat(parts).toString("latin1");
}

function isWell(): void {
  expect(log.filter((line) => line.includes("the service failed"))).toEqual([]);
  expect(service.rules.describeExecution("t2", "j2")).toMatchObject({ status: "QUEUED", versionNumber: 1 });
}

const upgrade = [
  "GET /mqtt HTTP/1.1",
  "Host: localhost",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Key: ${Buffer.alloc(16, 7).toString("base64")}`,
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Protocol: mqtt",
].join("\r\n");

it("no frames over a WebSocket crash the service or stop it for others", { timeout: patienceMs }, async () => {
  await fc.assert(
    fc.asyncProperty(framesOf(session), async (frames) => {
      const socket = await secure();
      socket.write(`${upgrade}\r\n\r\n`);
      const answer = await new Promise<string>((resolve) => socket.once("data", (bytes: Buffer) => resolve(bytes.toString("latin1"))));
      expect(answer).toMatch(/^HTTP\/1\.1 101 /);
      await sendAll(socket, frames);
      isWell();
    }),
    runs(100),
  );
});

it("an upgrade with odd headers is answered or hung up on", { timeout: patienceMs }, async () => {
  const lines = upgrade.split("\r\n");
  const odd = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...lines) },
      fc.constantFrom("Sec-WebSocket-Version: 99", "Upgrade: h2c", "Host:", "x".repeat(9000)),
    ),
    { maxLength: 10 },
  );
  await fc.assert(
    fc.asyncProperty(odd, async (headers) => {
      const first = lines[0] ?? "";
      const answer = await sendAll(await secure(), [Buffer.from(`${[first, ...headers].join("\r\n")}\r\n\r\n`)]);
      expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
      isWell();
    }),
    runs(80),
  );
});

it("whoever asks for MQTT on the HTTPS port hears nothing of t2, whatever it sends", { timeout: patienceMs }, async () => {
  let turn = 0;
  await fc.assert(
    fc.asyncProperty(session, async (pieces) => {
      const jobId = `o${turn++}`;
      service.rules.createJob({ jobId, targets: [arn("thing", "t2")], document: JSON.stringify({ secret }) });
      expect(await sendAll(await secure({ ...own, ALPNProtocols: ["x-amzn-mqtt-ca"] }), pieces)).not.toContain(secret);
      service.rules.deleteJob(jobId, true);
      isWell();
    }),
    runs(80),
  );
});

it("bytes that are no TLS, or begin as if they were, end the connection alone", { timeout: patienceMs }, async () => {
  const hello = fc
    .uint8Array({ maxLength: 300 })
    .map((rest) => Buffer.concat([Buffer.from([22, 3, 1, rest.length >> 8, rest.length & 255]), rest]));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 300 }), hello), fc.boolean(), async (bytes, isMqtt) => {
      await sendAll(connectPlain(portOf(isMqtt ? service.urls.mqtts : service.urls.https), "127.0.0.1"), [bytes]);
      isWell();
    }),
    runs(150),
  );
});

it(
  "with its certificate a thing reads its own jobs over HTTPS and nobody else's, however it spells the path",
  { timeout: patienceMs },
  async () => {
    const statement = { Effect: "Allow", Action: "iotjobsdata:*", Resource: arn("thing", "t1") };
    const { rules } = service;
    rules.identities.createPolicy("reads-own", JSON.stringify({ Version: "2012-10-17", Statement: [statement] }));
    for (const { principal } of rules.identities.listThingPrincipals("t1")) rules.identities.attachPolicy("reads-own", principal);
    const get = async (path: string): Promise<string> => {
      const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
      const bytes = await exchangeBytes(await secure(own), [request], true);
      return `${readAnswer(bytes)?.status ?? 0} ${bytes.toString("latin1")}`;
    };
    expect(await get("/things/t1/jobs/$next")).toMatch(/^200 [^]*blink/);
    const steps = fc.constantFrom(
      "things",
      "t1",
      "t2",
      "T2",
      "jobs",
      "$next",
      "j2",
      "..",
      "%2e%2e",
      ".",
      "",
      "t1%2F..%2Ft2",
      "t2%00",
      "%74%32",
      "t1;t2",
      "jobs?thing=t2",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 8 }), async (path) => {
        expect(await get(`/${path.join("/")}`)).not.toContain(secret);
        isWell();
      }),
      {
        ...runs(150),
        examples: [[["things", "t2", "jobs", "$next"]], [["things", "t1", "..", "t2", "jobs", "j2"]], [["things", "%74%32", "jobs", "j2"]]],
      },
    );
  },
);
