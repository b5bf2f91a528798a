/** The firmware's mqtt module over TLS, against the real service: what it takes for a certificate. */
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, expect, test } from "vitest";
import type { JobsService } from "../tools/jobs-service/index";
import { startJobsService } from "../tools/jobs-service/index";
import { bench, online, until } from "./virtual-esp32/bench";

let service: JobsService | undefined;
afterEach(async () => {
  await service?.stop();
  service = undefined;
});

/** Connects to the Jobs service over TLS with the given texts; `nul` is what follows each PEM. */
async function overTls(
  nul: string,
  arrange: (pems: Record<string, string>) => void = () => undefined,
  host = "localhost",
): Promise<string[]> {
  service = await startJobsService({ ports: { mqtt: false, mqtts: 0, https: false } });
  const { certificate, privateKey, ca } = await service.provision("lamp");
  const pems: Record<string, string> = { ca_cert: ca, client_cert: certificate, client_key: privateKey };
  arrange(pems);
  const port = Number(new URL(service.urls.mqtts!).port);
  const b = bench(
    online(`
local function pem(name) local f = io.open(name) if not f then return nil end local text = f:read("a") f:close() return text .. "${nul}" end
c = mqtt.Client("lamp", 60)
c:connect("${host}", ${port}, {ca_cert = pem("ca_cert"), client_cert = pem("client_cert"), client_key = pem("client_key")}, function() print("up") end, function(_, r) print("failed", r) end)`),
    { network: { connect: (name, p): Duplex => connect({ host: name === "localhost" ? "127.0.0.1" : name, port: p }) } },
  );
  for (const [name, text] of Object.entries(pems)) b.board.files.write(name, text);
  b.board.powerOn();
  await until(b.time, () => b.lines.length > 0);
  b.board.powerOff();
  return b.lines;
}

test("connects over TLS with a client certificate when each PEM ends in NUL", async () => {
  expect(await overTls("\\0")).toEqual(["up"]);
});

test("fails with -6 when the PEMs do not end in NUL", async () => {
  expect(await overTls("")).toEqual(["failed\t-6"]);
});

test("fails with -6 without a root, with a key but no certificate, and with a root that did not sign the server", async () => {
  expect(await overTls("\\0", (pems) => delete pems["ca_cert"])).toEqual(["failed\t-6"]);
  await service!.stop();
  expect(await overTls("\\0", (pems) => delete pems["client_cert"])).toEqual(["failed\t-6"]);
  await service!.stop();
  const other = await startJobsService({ ports: { mqtt: false, mqtts: false, https: false } });
  expect(await overTls("\\0", (pems) => (pems["ca_cert"] = other.ca))).toEqual(["failed\t-6"]);
  await other.stop();
});
