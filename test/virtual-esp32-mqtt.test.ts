/** The firmware's mqtt module on the virtual board: what it tells Lua, what it keeps to itself, and what it does wrong. */
import type { Duplex } from "node:stream";
import type { IPublishPacket } from "mqtt-packet";
import { afterEach, expect, test } from "vitest";
import type { JobsService } from "../tools/jobs-service/index";
import { startJobsService } from "../tools/jobs-service/index";
import { agree, scriptedBroker, type ScriptedBroker } from "./surroundings/scripted-broker";
import type { BoardOptions } from "../tools/virtual-esp32/index";
import type { Bench } from "./virtual-esp32/bench";
import { bench, online, until } from "./virtual-esp32/bench";

/** A board that runs `body` once it has an address, and a broker in memory. */
function connectable(body: string, options: BoardOptions = {}): Bench & { broker: ScriptedBroker } {
  const broker = scriptedBroker();
  const made = bench(online(body), { network: { connect: () => broker.connect() }, mqttBufferBytes: 1024, ...options });
  made.board.powerOn();
  return { ...made, broker };
}

const said = (b: Bench, line: string) => (): boolean => b.lines.includes(line);

test("connects, and calls the one-shot callback before the handler", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60, "user", "secret")
c:lwt("gone", "bye\\0not this", 1, 1)
c:on("connect", function(client) print("handler", client == c) end)
print(c:connect("broker", 1883, 0, function(client) print("ok", client == c) end))`);
  await until(b.time, said(b, "handler\ttrue"));
  expect(b.lines).toEqual(["true", "ok\ttrue", "handler\ttrue"]);
  expect(b.broker.callers[0]!.received[0]).toMatchObject({
    cmd: "connect",
    clientId: "thing",
    username: "user",
    clean: true,
    keepalive: 60,
    will: { topic: "gone", payload: Buffer.from("bye"), qos: 0, retain: false },
  });
});

test("cuts names silently: client id and user at 32, topic of the will at 32", async () => {
  const b = connectable(`
c = mqtt.Client(("i"):rep(40), 0, ("u"):rep(40), "p", false)
c:lwt(("t"):rep(40), ("m"):rep(200))
c:connect("broker", function() print("up") end)`);
  // Without a port in third place nothing is consumed: the callback is found there.
  await until(b.time, said(b, "up"));
  expect(b.broker.callers[0]!.received[0]).toMatchObject({
    clientId: "i".repeat(32),
    username: "u".repeat(32),
    keepalive: 120,
    clean: true,
    will: { topic: "t".repeat(32), payload: Buffer.from("m".repeat(128)) },
  });
});

test("loses both callbacks when a boolean or nil stands where autoreconnect is", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60)
c:on("connect", function() print("handler") end)
c:connect("broker", 1883, 0, false, function() print("ok") end)`);
  await until(b.time, said(b, "handler"));
  expect(b.lines).toEqual(["handler"]);
});

test("takes a boolean for no TLS at all", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60)
c:on("connect", function() print("plain") end)
c:connect("broker", 8883, true, function() print("never") end)`);
  await until(b.time, said(b, "plain"));
  expect(b.lines).toEqual(["plain"]);
});

test("subscribe gives false, always; its callback comes with the SUBACK, refused or not", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60)
print("early", c:subscribe("a", 1, function() print("never") end), c:publish("a", "x", 1, 0))
c:connect("broker", 1883, 0, function()
  print(c:subscribe("allowed", 1, function() print("subscribed", c:subscribe("refused", 1, function() print("subscribed too") end)) end))
end)`);
  b.broker.answer = (caller, packet) => {
    if (packet.cmd === "subscribe" && packet.subscriptions[0]!.topic === "refused")
      caller.send({ cmd: "suback", messageId: packet.messageId!, granted: [128] });
    else agree(caller, packet);
  };
  await until(b.time, said(b, "subscribed too"));
  expect(b.lines).toEqual(["early\tfalse\tfalse", "false", "subscribed\tfalse", "subscribed too"]);
});

test("a later callback takes the place of the one before, and a publish of QoS 0 is never called back", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60)
c:connect("broker", 1883, 0, function()
  print(c:publish("t", "0", 0, 0, function() print("zero") end))
  for i = 1, 3 do c:publish("t", tostring(i), 1, 0, function() print("acknowledged " .. i) end) end
  tmr.create():alarm(5000, 0, function() print("end") end)
end)`);
  await until(b.time, said(b, "end"));
  expect(b.lines).toEqual(["true", "acknowledged 3", "end"]);
  expect(b.broker.callers[0]!.received.filter(({ cmd }) => cmd === "publish")).toHaveLength(4);
});

test("raises where qos or retain is no number", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60)
c:connect("broker", 1883, 0, function() print(pcall(c.publish, c, "t", "x", 1)) print(pcall(c.publish, c, "t", "x", 1, false)) print("end") end)`);
  await until(b.time, said(b, "end"));
  expect(b.lines[0]).toContain("number expected, got no value");
  expect(b.lines[1]).toContain("number expected, got boolean");
});

test("sends what was not acknowledged again after a second, marked as a duplicate, and drops it after 30", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 600)
c:connect("broker", 1883, 0, function() c:publish("t", "x", 1, 0, function() print("acknowledged") end) end)
tmr.create():alarm(60000, 0, function() print("end") end)`);
  b.broker.answer = (caller, packet) => {
    if (packet.cmd !== "publish") agree(caller, packet);
  };
  await until(b.time, said(b, "end"), 90_000);
  const publishes = b.broker.callers[0]!.received.filter((packet): packet is IPublishPacket => packet.cmd === "publish");
  expect(publishes).toHaveLength(30);
  expect(publishes.map(({ dup }) => dup)).toEqual([false, ...Array<boolean>(29).fill(true)]);
  expect(b.lines).toEqual(["end"]);
});

const listening = `
c = mqtt.Client("thing", 60)
c:on("message", function(_, topic, data) print(topic, data and #data, select("#", topic, data)) end)
c:connect("broker", 1883, 0)`;

test("hands a message over the buffer on in pieces: the first has the topic, the others an empty one", async () => {
  const b = connectable(listening);
  await until(b.time, () => b.broker.callers[0]?.received.length === 1);
  const [caller] = b.broker.callers;
  caller!.send({ cmd: "publish", topic: "t", payload: Buffer.alloc(5000, "x"), qos: 1, messageId: 7, retain: false, dup: false });
  await until(b.time, () => caller!.received.some(({ cmd }) => cmd === "puback"));
  await until(b.time, () => b.lines.length > 1 && sum(b.lines) === 5000);
  // 3 bytes of header, 2 + 1 of topic, 2 of message id
  expect(b.lines[0]).toBe("t\t1016\t2");
  for (const line of b.lines.slice(1)) expect(Number(/^\t(\d+)\t2$/.exec(line)![1])).toBeLessThanOrEqual(1024);
});

function sum(lines: readonly string[]): number {
  return lines.reduce((total, line) => total + Number(line.split("\t")[1]), 0);
}

test("hands a message that fits on whole, and an empty one without data", async () => {
  const b = connectable(listening);
  await until(b.time, () => b.broker.callers[0]?.received.length === 1);
  b.broker.callers[0]!.send({ cmd: "publish", topic: "fits", payload: Buffer.alloc(1014, "x"), qos: 0, retain: false, dup: false });
  b.broker.callers[0]!.send({ cmd: "publish", topic: "empty", payload: "", qos: 0, retain: false, dup: false });
  await until(b.time, () => b.lines.length === 2);
  expect(b.lines).toEqual(["fits\t1014\t2", "empty\tnil\t2"]);
});

test("loses messages when Lua is slow and the queue of 125 is full, after they were acknowledged", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60)
n = 0
c:on("message", function() n = n + 1 end)
c:connect("broker", 1883, 0, function() otaupgrade.commence() end)
tmr.create():alarm(20000, 0, function() print("got", n) end)`);
  await until(b.time, () => b.broker.callers[0]?.received.length === 1);
  b.time.advance(10);
  const [caller] = b.broker.callers;
  for (let i = 1; i <= 200; i++)
    caller!.send({ cmd: "publish", topic: "t", payload: "x", qos: 1, messageId: i, retain: false, dup: false });
  await until(b.time, () => b.lines.length === 1);
  expect(caller!.received.filter(({ cmd }) => cmd === "puback")).toHaveLength(200);
  expect(b.lines).toEqual(["got\t125"]);
});

test("a failed connect is told as -6, then as offline, five seconds later; Lua stands still meanwhile", async () => {
  const b = connectable(
    `
local started = node.uptime()
local function ms() return (node.uptime() - started) // 1000 end
c = mqtt.Client("thing", 60)
c:on("offline", function(client) print("offline", client == c) end)
tmr.create():alarm(100, 0, function() print("timer", ms()) end)
c:connect("broker", 1883, 0, function() print("never") end, function(client, reason) print("failed", reason, ms()) end)`,
  );
  b.broker.answer = (caller, packet) => {
    if (packet.cmd === "connect") caller.send({ cmd: "connack", returnCode: 5, sessionPresent: false });
  };
  await until(b.time, said(b, "offline\ttrue"));
  const ms = Number(b.lines[0]!.split("\t")[2]);
  expect(b.lines[0]).toMatch(/^failed\t-6\t/);
  expect(ms).toBeGreaterThanOrEqual(5012);
  expect(ms).toBeLessThan(5100);
  expect(b.lines[1]).toBe("offline\ttrue");
  await until(b.time, () => b.lines.length === 3);
  expect(b.lines[2]).toBe(`timer\t${ms}.0`);
});

test("callbacks given to connect inside the failure callback are lost; from offline they are kept", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60)
c:on("connect", function() print("handler") end)
c:connect("broker", 1883, 0, nil, nil)
c:close()
tmr.create():alarm(20000, 0, function()
  c:connect("broker", 1883, 0, 0, function() end, function() c:connect("broker", 1883, 0, 0, function() print("lost") end) end)
end)`);
  let refusals = 1;
  b.broker.answer = (caller, packet) => {
    if (packet.cmd === "connect" && refusals-- > 0) caller.send({ cmd: "connack", returnCode: 3, sessionPresent: false });
    else agree(caller, packet);
  };
  await until(b.time, said(b, "handler"));
  expect(b.lines).toEqual(["handler"]);
});

test("never connects again by itself, and tells no reason when the connection is lost", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60)
c:on("offline", function(...) print("offline", select("#", ...), c:publish("t", "x", 1, 0)) end)
c:connect("broker", 1883, 0, 1, function() print("up") end)`);
  await until(b.time, said(b, "up"));
  b.broker.callers[0]!.drop();
  await until(b.time, () => b.lines.length === 2);
  expect(b.lines).toEqual(["up", "offline\t1\tfalse"]);
  b.time.advance(120_000);
  expect(b.broker.callers).toHaveLength(1);
});

test("close says goodbye, and no offline follows", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60)
c:on("offline", function() print("offline") end)
c:connect("broker", 1883, 0, function() c:close() print(c:publish("t", "x", 0, 0)) tmr.create():alarm(9000, 0, function() print("end") end) end)`);
  await until(b.time, said(b, "end"));
  expect(b.lines).toEqual(["false", "end"]);
  expect(b.broker.callers[0]!.received.at(-1)!.cmd).toBe("disconnect");
});

test("an event of the old connection ends the new one when connect follows at once", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60)
c:on("connect", function() print("up") end)
c:on("offline", function() print("offline") end)
c:connect("broker", 1883, 0)
tmr.create():alarm(5000, 0, function() while true do local t = tmr.create() t:alarm(10, 0, function() c:close() c:connect("broker", 1883, 0) end) break end otaupgrade.commence() end)`);
  await until(b.time, said(b, "up"));
  // While Lua stands still the broker drops the connection: the event waits in the queue behind the timer's.
  b.time.advance(5000);
  b.broker.callers[0]!.drop();
  await until(b.time, said(b, "offline"));
  expect(b.lines).toEqual(["up", "offline"]);
});

test("pings at half the interval, and takes a broker that does not answer for gone", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60)
c:on("offline", function() print("offline") end)
c:connect("broker", 1883, 0, function() print("up") end)`);
  let pings = 0;
  b.broker.answer = (caller, packet) => {
    if (packet.cmd === "pingreq" && ++pings > 2) return;
    if (packet.cmd === "pingreq") caller.send({ cmd: "pingresp" });
    else agree(caller, packet);
  };
  await until(b.time, said(b, "up"));
  const upAt = b.time.now();
  await until(b.time, said(b, "offline"), 300_000);
  expect(pings).toBe(3);
  expect(b.time.now() - upAt).toBeGreaterThan(120_000);
  expect(b.time.now() - upAt).toBeLessThan(130_000);
});

test("a connection outlives a short loss of Wi-Fi, and the board cannot connect without", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60)
wifi.sta.on("disconnected", function() tmr.create():alarm(1000, 0, function() wifi.sta.connect() end) end)
if c then c:on("message", function(_, topic) print(topic) end) c:connect("broker", 1883, 0, function() print("up") wifi.sta.on("got_ip", function() print("back") end) end) end`);
  await until(b.time, said(b, "up"));
  b.board.wifi(false);
  b.broker.callers[0]!.send({ cmd: "publish", topic: "later", payload: "x", qos: 0, retain: false, dup: false });
  b.time.advance(500);
  b.board.wifi(true);
  expect(b.lines).toEqual(["up"]);
  await until(b.time, said(b, "later"));
  expect(b.lines).toEqual(["up", "back", "later"]);
});

test("without Wi-Fi a connect fails", async () => {
  const b = bench(`c = mqtt.Client("thing", 60) c:connect("broker", 1883, 0, function() end, function(_, reason) print(reason) end)`);
  b.board.powerOn();
  await until(b.time, said(b, "-6"));
});

test("a client that nothing refers to is collected, and its connection closed", async () => {
  const b = connectable(`mqtt.Client("thing", 60):connect("broker", 1883, 0) tmr.create():alarm(1000, tmr.ALARM_AUTO, function() end)`);
  await until(b.time, () => b.broker.callers[0]?.received.length === 1);
  await until(b.time, () => b.broker.callers[0]!.received.at(-1)!.cmd === "disconnect" || !b.broker.callers[0]!.isOpen);
});

test("a restart or a power cut leaves the broker without a word, not even the end of the connection", async () => {
  const b = connectable(`
if node.bootreason() == 1 then
  c = mqtt.Client("thing", 60)
  c:connect("broker", 1883, 0, function() tmr.create():alarm(1000, 0, node.restart) end)
else print("again") end`);
  await until(b.time, said(b, "again"));
  expect(b.broker.callers).toHaveLength(1);
  expect(b.broker.callers[0]!.isOpen).toBe(true);
  expect(b.broker.callers[0]!.received.map(({ cmd }) => cmd)).toEqual(["connect"]);
});

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
  const { connect } = await import("node:net");
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
