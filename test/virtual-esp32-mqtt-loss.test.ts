/** The firmware's mqtt module on the virtual board when connections fail, end or fall silent. */
import { expect, test } from "vitest";
import { agree, message } from "./surroundings/scripted-broker";
import { bench, until } from "./virtual-esp32/bench";
import { connectable, said } from "./virtual-esp32/broker-bench";

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

test("a connection that the broker ends in good order is noticed at once, after what it said before", async () => {
  const b = connectable(`
c = mqtt.Client("thing", 60)
c:on("message", function(_, topic) print(topic, node.uptime()) end)
c:on("offline", function() print("offline", node.uptime()) end)
c:connect("broker", 1883, 0, function() print("up") end)`);
  await until(b.time, said(b, "up"));
  const caller = b.broker.callers[0]!;
  caller.send(message("last", "words"));
  caller.hangUp();
  await until(b.time, () => b.lines.length === 3);
  const [[heard, heardAt], [told, toldAt]] = b.lines.slice(1).map((line) => line.split("\t")) as [string[], string[]];
  expect([heard, told]).toEqual(["last", "offline"]);
  // Ending the old connection keeps Lua waiting for up to 5 s. Without the FIN only an unanswered ping would tell, after 60.
  expect(Number(toldAt) - Number(heardAt)).toBeLessThan(5_100_000);
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
tmr.create():alarm(5000, 0, function()
  tmr.create():alarm(10, 0, function() c:close() c:connect("broker", 1883, 0) end)
  otaupgrade.commence()
end)`);
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
