/** How many jobs the service gets done, beside the plain round trips of the same broker library in the same process. */
import { Aedes } from "aedes";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, Socket, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { runNodeAgent } from "../../src/platform/node/main";
import { startJobsService } from "../jobs-service";

const agentCount = 100;
const jobsEach = 10;
const measuredMs = 3000;

/** Jobs per second with 100 Node agents: from creation to the answered report. Journals go to memory where Linux offers it: the disk is not what is measured. */
export async function jobsPerSecond(): Promise<number> {
  const dir = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "esp32-jobs-bench-"));
  const service = await startJobsService({ ports: { mqtt: 0, mqtts: false, https: false } });
  const port = Number(new URL(service.urls.mqtt ?? "").port);
  const stops: AbortController[] = [];
  const things = Array.from({ length: agentCount }, (_, n) => `agent-${n}`);
  let connected = 0;
  let reported = 0;
  let check = (): void => undefined;
  service.onTraffic(({ direction, topic }) => {
    if (direction !== "received" || !topic.endsWith("/accepted")) return;
    if (topic.endsWith("$next/get/accepted")) connected++;
    else reported++;
    check();
  });
  const reached = (done: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      check = () => {
        if (done()) resolve();
      };
      check();
    });
  const agents = things.map((thingName) => {
    const folder = join(dir, thingName);
    mkdirSync(folder);
    writeFileSync(join(folder, "settings.json"), JSON.stringify({ thingName, endpoint: "127.0.0.1", port, tls: false }));
    service.rules.createThing(thingName);
    const stop = new AbortController();
    stops.push(stop);
    return runNodeAgent({ dir: folder, signal: stop.signal, log: () => undefined });
  });
  await reached(() => connected >= agentCount);
  const startMs = performance.now();
  for (let n = 0; n < jobsEach; n++) {
    const targets = things.map((thingName) => service.rules.thingArn(thingName));
    service.rules.createJob({ jobId: `bench-${n}`, targets, document: '{"action":"describe"}' });
  }
  await reached(() => reported >= agentCount * jobsEach);
  const seconds = (performance.now() - startMs) / 1000;
  for (const stop of stops) stop.abort();
  await Promise.all(agents);
  await service.stop();
  rmSync(dir, { recursive: true, force: true });
  return (agentCount * jobsEach) / seconds;
}

/** QoS 1 publishes that came back to their sender per second, 100 clients, one message under way for each. */
export async function roundTripsPerSecond(): Promise<number> {
  const broker = await Aedes.createBroker();
  const server = createServer({ noDelay: true }, (socket) => broker.handle(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const clients = await Promise.all(
    Array.from({ length: agentCount }, (_, n) => connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: `plain-${n}` })),
  );
  let trips = 0;
  let running = true;
  const payload = Buffer.alloc(200, "x");
  for (const [n, client] of clients.entries()) {
    // As the service and the agents do it: without this, 40 ms of waiting would be measured.
    if (client.stream instanceof Socket) client.stream.setNoDelay(true);
    await client.subscribeAsync(`plain/${n}`, { qos: 1 });
    const send = (): void => void client.publish(`plain/${n}`, payload, { qos: 1 });
    client.on("message", () => {
      trips++;
      if (running) send();
    });
    send();
  }
  trips = 0;
  const startMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, measuredMs));
  const rate = trips / ((performance.now() - startMs) / 1000);
  running = false;
  await Promise.all(clients.map((client) => client.endAsync(true)));
  await new Promise<void>((resolve) => broker.close(() => resolve()));
  server.close();
  return rate;
}
