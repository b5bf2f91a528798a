/** The board's MQTT connection: messages in pieces, a broker that does not answer, connections that break. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Packet } from "mqtt-packet";
import { agree, message, scriptedBroker, type ScriptedBroker } from "./surroundings/scripted-broker";
import { boardWith, compileForBoard, type ProgramBoard } from "./surroundings/board-program";

/** Tells its events, publishes what a message on "publish" says, and stops when told to. */
const talking = `
import { nodemcuClock as clock } from "nodemcu/clock";
import { nodemcuMqtt } from "nodemcu/mqtt";
import { jobsfwAbilities } from "nodemcu/jobsfw";
import { stockAbilities } from "nodemcu/stock";
import { joinNetwork } from "nodemcu/wifi";

const settings = {
  thingName: "lamp", endpoint: "broker", port: 1883, tls: false, claimAfterSeconds: 5, askEverySeconds: 900, trialSeconds: 300,
  allowHttp: false, wifi: { ssid: "home", password: "secret" },
};
const network = joinNetwork(clock, settings.wifi, (line) => print(line));
const abilities = jobsfw === undefined ? stockAbilities() : jobsfwAbilities(jobsfw, false);
abilities.refuse({ ...settings, thingName: "lamp".repeat(30) });
const port = nodemcuMqtt(clock, network, settings, undefined, abilities);
port.start(["one/+", "two"], {
  online: () => print("online"),
  offline: (reason) => print(\`offline: \${reason}\`),
  message(topic, payload) {
    print(\`\${topic} \${payload === undefined ? "lost" : tostring(payload.length)}\`);
    if (payload !== undefined && payload.length < 40) print(payload);
    if (topic === "publish") for (let n = 1; n <= 20; n++) print(port.publish("said", tostring(n)) ? "taken" : "refused");
    if (topic === "stop") port.stop();
  },
});
`;

let program = "";
beforeAll(() => {
  program = compileForBoard(talking);
}, 30_000);

interface Scene extends ProgramBoard {
  readonly broker: ScriptedBroker;
}

async function connected(seed = 1): Promise<Scene> {
  const broker = scriptedBroker();
  const scene = { ...boardWith(program, { seed, network: broker }), broker };
  scene.board.powerOn();
  await scene.until(() => scene.lines.includes("online"), "the connection");
  scene.lines.length = 0;
  return scene;
}

function commands(packets: readonly Packet[]): string[] {
  return packets.map(({ cmd }) => cmd).filter((cmd) => cmd !== "pingreq");
}

/** A JSON object of about that many bytes, with braces, quotes and backslashes in its texts. */
function objectOf(sizeBytes: number): string {
  return `{"a":{"b":"}\\"\\\\"},"c":["{",{"d":1}],"e":"${"\\\\}{".repeat((sizeBytes - 48) / 4)}"}`;
}

describe("the board's MQTT connection", () => {
  test("is online when every filter is subscribed, one after the other", async () => {
    const broker = scriptedBroker();
    const held: (() => void)[] = [];
    broker.answer = (caller, packet) => (packet.cmd === "subscribe" ? held.push(() => agree(caller, packet)) : agree(caller, packet));
    const { board, lines, until, pass } = boardWith(program, { network: broker });
    board.powerOn();
    await until(() => held.length === 1, "the first subscription");
    await pass(500);
    expect(held).toHaveLength(1);
    held[0]?.();
    await until(() => held.length === 2, "the second subscription");
    await pass(500);
    expect(lines).not.toContain("online");
    held[1]?.();
    await until(() => lines.includes("online"), "the connection");
    expect(broker.callers[0]?.received[0]).toMatchObject({ cmd: "connect", clientId: "lamp", clean: true, keepalive: 60 });
  });

  test("puts a message together again from its pieces, up to 48 kB", async () => {
    const { broker, lines, until } = await connected();
    for (const sizeBytes of [900, 1030, 5000, 33_000, 49_000]) {
      const payload = objectOf(sizeBytes);
      broker.callers[0]?.send(message("one/document", payload));
      await until(() => lines.length > 0, "the message");
      expect(lines.splice(0)).toEqual([`one/document ${payload.length}`]);
    }
  });

  test("tells of a message above 48 kB once, without its contents, and reads the next one", async () => {
    const { broker, lines, until } = await connected();
    broker.callers[0]?.send(message("one/huge", `{"a":"${"x".repeat(60_000)}"}`));
    broker.callers[0]?.send(message("two", `{"b":1}`));
    await until(() => lines.length >= 3, "both messages");
    expect(lines).toEqual(["one/huge lost", "two 7", '{"b":1}']);
  });

  test("hands over what is not an object as it is, and an empty message as an empty text", async () => {
    const { broker, lines, until } = await connected();
    for (const payload of ["", "hello", "{not whole", "}{"]) broker.callers[0]?.send(message("two", payload));
    await until(() => lines.length >= 8, "the messages");
    expect(lines).toEqual(["two 0", "", "two 5", "hello", "two 10", "{not whole", "two 2", "}{"]);
  });

  test("gives up a message whose rest does not come, when the next one begins or after some seconds", async () => {
    const { broker, lines, until, time } = await connected();
    const unclosed = `{"a":"${"x".repeat(2000)}"`;
    broker.callers[0]?.send(message("one/cut", unclosed));
    broker.callers[0]?.send(message("two", "{}"));
    await until(() => lines.length >= 3, "both messages");
    expect(lines.splice(0)).toEqual(["one/cut lost", "two 2", "{}"]);
    const sent = time.now();
    broker.callers[0]?.send(message("one/cut", unclosed));
    await until(() => lines.length > 0, "the message");
    expect(lines).toEqual(["one/cut lost"]);
    expect(time.now() - sent).toBeLessThan(15_000);
  });

  test("says nothing of a message in the middle of which the connection breaks, and reads the next one", async () => {
    const { broker, lines, until, pass } = await connected();
    broker.callers[0]?.send(message("one/cut", `{"a":"${"x".repeat(2000)}"`));
    await pass(500);
    broker.callers[0]?.drop();
    await until(() => lines.includes("online"), "the next connection");
    expect(lines[0]).toMatch(/^offline: /);
    broker.callers.at(-1)?.send(message("two", "{}"));
    await until(() => lines.includes("{}"), "the message");
    expect(lines.filter((line) => line.includes("lost"))).toEqual([]);
  });

  test("sends one message at a time, in order, and takes no more than it can hold", async () => {
    const { broker, lines, until, pass } = await connected();
    const held: (() => void)[] = [];
    broker.answer = (caller, packet) => (packet.cmd === "publish" ? held.push(() => agree(caller, packet)) : agree(caller, packet));
    broker.callers[0]?.send(message("publish", ""));
    await until(() => held.length === 1, "the first publish");
    await pass(500);
    expect(held).toHaveLength(1);
    // One on its way and 16 that wait.
    expect(lines.filter((line) => line === "taken")).toHaveLength(17);
    for (let n = 0; n < 17; n++) {
      await until(() => held.length > n, `publish ${n + 1}`);
      held[n]?.();
    }
    await pass(500);
    const said = broker.callers[0]?.received.flatMap((packet) => (packet.cmd === "publish" ? [packet.payload.toString()] : []));
    expect([...new Set(said)]).toEqual(Array.from({ length: 17 }, (_, n) => `${n + 1}`));
  });

  test("begins a new connection when a message is not acknowledged", async () => {
    const { broker, lines, until } = await connected();
    broker.answer = (caller, packet) => (packet.cmd === "publish" ? undefined : agree(caller, packet));
    broker.callers[0]?.send(message("publish", ""));
    await until(() => lines.includes("online"), "the next connection");
    expect(lines.filter((line) => line.startsWith("offline"))).toEqual(["offline: the broker did not acknowledge a message"]);
    expect(broker.callers).toHaveLength(2);
  });

  test("begins a new connection when a subscription is not answered", async () => {
    const broker = scriptedBroker();
    let isMute = true;
    broker.answer = (caller, packet) => (packet.cmd === "subscribe" && isMute ? (isMute = false) : agree(caller, packet));
    const { board, lines, until } = boardWith(program, { network: broker });
    board.powerOn();
    await until(() => lines.includes("online"), "the connection");
    expect(lines.filter((line) => line.startsWith("offline"))).toEqual(["offline: the broker did not answer a subscription"]);
  });

  test("says offline once for each failed attempt, and tries at growing, uneven intervals that stay below 70 s", async () => {
    const broker = scriptedBroker();
    const at: number[] = [];
    const { board, lines, time, until } = boardWith(program, { network: broker });
    broker.answer = (caller, packet) => {
      if (packet.cmd !== "connect") return;
      at.push(time.now());
      caller.send({ cmd: "connack", returnCode: 3, sessionPresent: false });
    };
    board.powerOn();
    await until(() => at.length === 12, "the twelfth attempt");
    expect(lines.filter((line) => line.startsWith("offline"))).toHaveLength(11);
    const pauses = at.slice(1).map((ms, n) => ms - (at[n] ?? 0));
    // Each failure blocks the firmware for some 5 s on top of the pause.
    expect(pauses[0]).toBeLessThan(7_000);
    expect(Math.max(...pauses)).toBeLessThan(70_000);
    expect(Math.min(...pauses.slice(7))).toBeGreaterThan(30_000);
    expect(new Set(pauses.slice(7)).size).toBeGreaterThan(1);
  });

  test("comes back by itself when the network was away", async () => {
    const { board, broker, lines, until, pass } = await connected();
    board.wifi(false);
    broker.callers[0]?.drop();
    await until(() => lines.some((line) => line.startsWith("no Wi-Fi")), "the loss of the network");
    await pass(30_000);
    board.wifi(true);
    await until(() => lines.includes("online"), "the next connection");
    expect(broker.callers.length).toBeGreaterThan(1);
  });

  test("says goodbye when it is stopped, tells nothing more, and stays away", async () => {
    const { broker, lines, until, pass } = await connected();
    broker.callers[0]?.send(message("stop", ""));
    await until(() => commands(broker.callers[0]?.received ?? []).includes("disconnect"), "the goodbye");
    await pass(120_000);
    expect(lines).toEqual(["stop 0", ""]);
    expect(broker.callers).toHaveLength(1);
  });
});
