/** The MQTT connection of a Node agent, beyond what every platform owes. */
import { createServer, type AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { TimeSource } from "../src/platform/node/clock";
import { brokerConnection, nodeMqtt, type MqttOptions } from "../src/platform/node/mqtt";
import type { Mqtt } from "../src/ports";
import { openAuthority, type Authority } from "../tools/jobs-service/certificates";
import { VirtualTime } from "../tools/time";
import { startBroker, type Broker } from "./surroundings/broker";
import { movableTime } from "./surroundings/movable-time";

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

async function broker(...args: Parameters<typeof startBroker>): Promise<Broker> {
  const started = await startBroker(...args);
  cleanUp.push(() => started.stop());
  return started;
}

/** A port whose events can be awaited, one after the other. */
function listener(options: Partial<MqttOptions> & Pick<MqttOptions, "connect">, time: TimeSource, filters = ["a"]) {
  const mqtt = nodeMqtt({ clientId: "thing", time, enter: (tell) => tell(), random: () => 0, ...options });
  const events: string[] = [];
  let wake = (): void => undefined;
  const note = (event: string): void => {
    events.push(event);
    wake();
  };
  mqtt.start(filters, {
    online: () => note("online"),
    offline: (reason) => note(`offline: ${reason}`),
    message: (topic, payload) => note(`${topic}: ${payload === undefined ? "too large" : payload.length}`),
  });
  cleanUp.push(() => {
    mqtt.stop();
    return mqtt.ended();
  });
  async function next(): Promise<string> {
    for (;;) {
      const event = events.shift();
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return { mqtt, next, events };
}

describe("over TLS", () => {
  /** The first event of a device that trusts `trusted` and has its certificate from `enrolled`, at a broker with the name `host`. */
  async function firstEvent(own: Authority, { trusted = own, enrolled = own, host = "localhost", seen = [] as unknown[] } = {}) {
    const server = await own.issueServer([host]);
    const { certificate, privateKey } = await enrolled.issueDevice("thing");
    const { port, serverNames } = await broker(movableTime(), { cert: server.certificate, key: server.privateKey, ca: own.ca });
    const identity = { ca: trusted.ca, cert: certificate, key: privateKey };
    const event = await listener({ connect: brokerConnection("localhost", port, identity) }, movableTime()).next();
    seen.push(...serverNames);
    return event;
  }

  test("the device shows its certificate, verifies the broker's, and names the broker in the handshake", async () => {
    const seen: unknown[] = [];
    expect(await firstEvent(await openAuthority(), { seen })).toBe("online");
    expect(seen).toEqual(["localhost"]);
  });

  test("a broker with a certificate from another root is refused, with a reason", async () => {
    expect(await firstEvent(await openAuthority(), { trusted: await openAuthority() })).toMatch(/^offline: .*(certificate|signature)/);
  });

  test("a broker with a certificate for another name is refused, with a reason", async () => {
    expect(await firstEvent(await openAuthority(), { host: "elsewhere.example" })).toMatch(/^offline: .*altnames/);
  });

  test("a device that the broker does not know stays offline", async () => {
    expect(await firstEvent(await openAuthority(), { enrolled: await openAuthority() })).toMatch(/^offline: ./);
  });
});

describe("a subscription that the broker refuses", () => {
  test("makes it offline with a reason, and it tries again", async () => {
    const time = movableTime();
    const { port, refusedFilters } = await broker(time);
    refusedFilters.add("a");
    const { next } = listener({ connect: brokerConnection("127.0.0.1", port, undefined) }, time);
    expect(await next()).toMatch(/^offline: subscription refused/);
    refusedFilters.clear();
    time.skip(1_000);
    expect(await next()).toBe("online");
  });
});

describe("messages", () => {
  test("of 49,152 bytes are whole, larger ones are not held", async () => {
    const time = movableTime();
    const { port } = await broker(time);
    const { mqtt, next } = listener({ connect: brokerConnection("127.0.0.1", port, undefined) }, time);
    await next();
    mqtt.publish("please/send/x", "49152");
    expect(await next()).toBe("x: 49152");
    mqtt.publish("please/send/x", "49153");
    expect(await next()).toBe("x: too large");
  });

  test("are refused while 100 wait for their acknowledgement", async () => {
    const time = movableTime();
    const { port } = await broker(time);
    const { mqtt, next } = listener({ connect: brokerConnection("127.0.0.1", port, undefined) }, time);
    await next();
    const taken = Array.from({ length: 101 }, () => mqtt.publish("please/never", ""));
    expect(taken).toEqual([...Array.from({ length: 100 }, () => true), false]);
    mqtt.stop();
    time.skip(2_000); // as long as a stop waits for them
  });
});

test("more filters than AWS IoT takes in one request are all subscribed, at QoS 1", async () => {
  const time = movableTime();
  const { port, subscriptions } = await broker(time);
  const filters = Array.from({ length: 10 }, (_, n) => `filter/${n}`);
  expect(await listener({ connect: brokerConnection("127.0.0.1", port, undefined) }, time, filters).next()).toBe("online");
  expect(subscriptions).toEqual(filters.map((topic) => ({ topic, qos: 1 })));
});

test("messages that are acknowledged make room for others", async () => {
  const time = movableTime();
  const { port } = await broker(time);
  const { mqtt, next } = listener({ connect: brokerConnection("127.0.0.1", port, undefined) }, time);
  await next();
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 60; n++) expect(mqtt.publish("please/echo/x", "1")).toBe(true);
    for (let n = 0; n < 60; n++) expect(await next()).toBe("x: 1");
  }
});

describe("the pauses between tries", () => {
  /** Milliseconds between tries when no connection comes about, with chance always low or always high. */
  function pauses(random: (below: number) => number, tries: number): number[] {
    const time = new VirtualTime();
    const at: number[] = [];
    const connect = (): never => {
      at.push(time.now());
      throw new Error("no way to the broker");
    };
    const mqtt: Mqtt = nodeMqtt({ clientId: "thing", connect, time, enter: (tell) => tell(), random });
    mqtt.start([], { online: () => undefined, offline: () => undefined, message: () => undefined });
    while (at.length <= tries) time.advance(500);
    mqtt.stop();
    return at.slice(1).map((ms, n) => Math.round((ms - (at[n] ?? 0)) / 500) * 500);
  }

  test("double from one second to one minute; half of each is chance", () => {
    expect(pauses(() => 0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    expect(pauses((below) => below - 1, 8)).toEqual([1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
  });

  test("are short again after a connection that lasted", async () => {
    const time = movableTime();
    const { port } = await broker(time);
    let isDown = true;
    const connect = brokerConnection("127.0.0.1", port, undefined);
    const drawn: number[] = [];
    const { mqtt, next } = listener(
      {
        connect: () =>
          isDown
            ? (() => {
                throw new Error("down");
              })()
            : connect(),
        random: (below) => (drawn.push(below), 0),
      },
      time,
    );
    for (let n = 0; n < 5; n++) {
      expect(await next()).toBe("offline: down");
      if (n === 4) isDown = false;
      time.skip(30_000);
    }
    expect(await next()).toBe("online");
    time.skip(61_000);
    mqtt.publish("please/drop", "");
    expect(await next()).toMatch(/^offline/);
    expect(drawn).toEqual([500, 1000, 2000, 4000, 8000, 500]);
  });
});

describe("a broker that does not answer", () => {
  async function silent(): Promise<number> {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      cleanUp.push(() => void socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanUp.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
    return (server.address() as AddressInfo).port;
  }

  test("is given up after 30 s", async () => {
    const time = movableTime();
    const { next } = listener({ connect: brokerConnection("127.0.0.1", await silent(), undefined) }, time);
    time.skip(30_000);
    expect(await next()).toBe("offline: no connection after 30 s");
  });

  test("does not keep a stop from ending", async () => {
    const time = movableTime();
    const { mqtt, events } = listener({ connect: brokerConnection("127.0.0.1", await silent(), undefined) }, time);
    mqtt.stop();
    time.skip(2_000);
    await mqtt.ended();
    expect(events).toEqual([]);
  });
});

test("a stop sends what is on its way, and says goodbye", async () => {
  const time = movableTime();
  const { port, goodbyes } = await broker(time);
  const witness = listener({ clientId: "witness", connect: brokerConnection("127.0.0.1", port, undefined) }, time, ["last/words"]);
  await witness.next();
  const { mqtt, next } = listener({ connect: brokerConnection("127.0.0.1", port, undefined) }, time);
  await next();
  mqtt.publish("last/words", "12345");
  mqtt.stop();
  await mqtt.ended();
  expect(await witness.next()).toBe("last/words: 5");
  expect(goodbyes).toEqual(["polite"]);
});
