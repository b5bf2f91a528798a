/** The firmware's mqtt module on the virtual board: what it tells Lua, what it keeps to itself, and what it does wrong. */
import type { IPublishPacket } from "mqtt-packet";
import { expect, test } from "vitest";
import { agree } from "./surroundings/scripted-broker";
import { connectable, said } from "./virtual-esp32/broker-bench";
import { until } from "./virtual-esp32/bench";

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
