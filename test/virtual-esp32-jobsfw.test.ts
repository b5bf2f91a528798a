/** The virtual board with our component: the limits it lifts, and the Lua module it adds. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import type { Duplex } from "node:stream";
import { connect as connectTcp } from "node:net";
import type { TLSSocket } from "node:tls";
import { createServer as createTlsServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { openAuthority } from "../tools/jobs-service/certificates";
import { startJobsService } from "../tools/jobs-service/index";
import { memoryConnection } from "../tools/jobs-service/memory-connection";
import { connectable, said } from "./virtual-esp32/broker-bench";
import { bench, online, run, until } from "./virtual-esp32/bench";

const firmware = "jobsfw";
const printed = (lua: string): string[] => run(lua, { firmware }).lines;

describe("the module", () => {
  test("is on no stock board", () => {
    expect(run("print(jobsfw)").lines).toEqual(["nil"]);
  });

  test("keeps records, whatever bytes are in them, and says what NVS says where it cannot", () => {
    expect(
      printed(`
print(jobsfw.get("records", "a"))
print(jobsfw.set("records", "a", "one\\0two"))
print(#jobsfw.get("records", "a"), jobsfw.get("records", "b"))
print(jobsfw.set("records", "a"), jobsfw.set("records", "a", nil))
print(jobsfw.get("records", "a"))
print(pcall(jobsfw.set, "records", ("k"):rep(16), "x"))
print(pcall(jobsfw.get, "", "k"))
print(jobsfw.set("records", "large", ("x"):rep(8193)))
print(jobsfw.set("records", "large", ("x"):rep(8192)))
print(jobsfw.set("records", "larger", ("y"):rep(4000)), jobsfw.set("records", "large", ("y"):rep(8192)))`),
    ).toEqual([
      "nil\tESP_ERR_NVS_NOT_FOUND",
      "true",
      "7\tnil\tESP_ERR_NVS_NOT_FOUND",
      "true\ttrue",
      "nil\tESP_ERR_NVS_NOT_FOUND",
      expect.stringMatching(/^false\t.*#2.*1 to 15 characters expected/),
      expect.stringMatching(/^false\t.*#1.*1 to 15 characters expected/),
      "nil\tESP_ERR_NVS_VALUE_TOO_LONG",
      "true",
      "true\tnil\tESP_ERR_NVS_NOT_ENOUGH_SPACE",
    ]);
  });

  test("has the old record or the new one after a power cut, and both happen", () => {
    const found = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const b = bench(`print(jobsfw.get("r", "k")) jobsfw.set("r", "k", "new") print("written")`, { firmware, seed });
      b.board.nvs.write("r", "k", "old");
      b.board.cutPowerAtWrite(2 + 1); // the first boot writes otadata twice
      b.board.powerOn();
      b.time.advance(1000);
      expect(b.lines).not.toContain("written");
      found.add(b.board.nvs.read("r", "k")?.toString() ?? "nothing");
    }
    expect([...found].sort()).toEqual(["new", "old"]);
  });

  test("wears the flash by what it writes, and not by writing the same again", () => {
    const wear = (lua: string): number => run(lua, { firmware }).board.nvs.erases();
    expect(wear(`for n = 1, 1000 do jobsfw.set("r", "k", "same") end`)).toBe(0);
    // 30 bytes are one entry, and two more for its name and its end.
    expect(wear(`for n = 1, 420 do jobsfw.set("r", "k", ("%030d"):format(n)) end`)).toBe(10);
  });

  test("gives chance, memory and time", () => {
    const lines = printed(`
print(#jobsfw.random(16), jobsfw.random(16) ~= jobsfw.random(16), pcall(jobsfw.random, 257))
local free, largest, least = jobsfw.heap()
print(free > 100000, largest <= free, least <= free, jobsfw.millis(), jobsfw.stack() > 10000)`);
    expect(lines[0]).toMatch(/^16\ttrue\tfalse\t.*out of range/);
    expect(lines[1]).toBe("true\ttrue\ttrue\t0\ttrue");
  });
});

describe("jobsfw.verify", () => {
  const message = Buffer.from("an image");
  const digest = createHash("sha256").update(message).digest();
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = (key: typeof ec): string => key.publicKey.export({ type: "spki", format: "pem" }).toString();

  /** What verify gives for a digest and a signature. */
  function verify(keyPem: string, over: Buffer, signature: Buffer): string | undefined {
    const b = bench(
      `local function all(n) local f = io.open(n) local t = f:read("a") f:close() return t end
print(pcall(jobsfw.verify, all("key"), all("digest"), all("signature")))`,
      { firmware },
    );
    b.board.files.write("key", keyPem);
    b.board.files.write("digest", over);
    b.board.files.write("signature", signature);
    b.board.powerOn();
    b.time.advance(1000);
    return b.lines[0];
  }

  test("takes good signatures over the digest, by ECDSA on P-256, from a key or a certificate", async () => {
    for (let n = 0; n < 3; n++) expect(verify(pem(ec), digest, sign("sha256", message, ec.privateKey))).toBe("true\ttrue\t0");
    const { certificate, privateKey } = await (await openAuthority()).issueDevice("signer");
    expect(verify(certificate, digest, sign("sha256", message, privateKey))).toBe("true\ttrue\t0");
  });

  test("refuses another key, another digest, and what is no signature, no key or no digest", () => {
    const good = sign("sha256", message, ec.privateKey);
    const wrong = createHash("sha256").update("another image").digest();
    expect(verify(pem(other), digest, good)).toBe("true\tfalse\t-19968");
    expect(verify(pem(ec), wrong, good)).toBe("true\tfalse\t-19968");
    expect(verify(pem(ec), digest, good.subarray(1))).toBe("true\tfalse\t-19968");
    expect(verify(pem(ec), digest, Buffer.alloc(0))).toBe("true\tfalse\t-16000");
    expect(verify(pem(rsa), digest, good)).toBe("true\tfalse\t-16128");
    expect(verify("no key", digest, good)).toBe("true\tfalse\t-15616");
    expect(verify("-----BEGIN CERTIFICATE-----", digest, good)).toBe("true\tfalse\t-15616");
    expect(verify(pem(ec), message, good)).toMatch(/^false\t.*32 bytes expected/);
  });
});

describe("mqtt with the component", () => {
  test("connects under full names, with the will as it was asked for; says whether a subscription was sent", async () => {
    const b = connectable(
      `
jobsfw.mqtt{clientid = ("i"):rep(128), username = ("u"):rep(40), lwt_topic = ("t"):rep(40), lwt_msg = "m", lwt_qos = 1, lwt_retain = 1}
c = mqtt.Client("short", 60)
c:connect("broker", 1883, 0, 0, function() print(c:subscribe("a", 1, function() print("subscribed") end)) end)`,
      { firmware },
    );
    await until(b.time, said(b, "subscribed"));
    expect(b.lines).toEqual(["true", "subscribed"]);
    expect(b.broker.callers[0]!.received[0]).toMatchObject({
      clientId: "i".repeat(128),
      username: "u".repeat(40),
      will: { topic: "t".repeat(40), payload: Buffer.from("m"), qos: 1, retain: true },
    });
  });

  test("hands on a message in one piece up to its maximum, and of a longer one its topic alone", async () => {
    const b = connectable(
      `
c = mqtt.Client("thing", 60)
c:on("message", function(_, topic, payload) print(topic, payload and #payload) end)
c:connect("broker", 1883, 0, 0, function() print("up") end)`,
      { firmware },
    );
    await until(b.time, said(b, "up"));
    for (const size of [12_000, 49_153, 49_152, 3]) {
      b.broker.callers[0]!.send({ cmd: "publish", topic: "t", payload: Buffer.alloc(size, 97), qos: 0, retain: false, dup: false });
    }
    await until(b.time, said(b, "t\t3"));
    expect(b.lines.slice(1)).toEqual(["t\t12000", "t\tnil", "t\t49152", "t\t3"]);
  });

  test("tells why the broker refused, and what was acknowledged", async () => {
    const b = connectable(
      `
c = mqtt.Client("thing", 60)
c:connect("broker", 1883, 0, 0, nil, nil)
c:on("offline", function() print("refused", jobsfw.mqttinfo().connack) end)`,
      { firmware },
    );
    b.broker.answer = (caller, packet) => {
      if (packet.cmd === "connect") caller.send({ cmd: "connack", returnCode: 5, sessionPresent: false });
    };
    await until(b.time, said(b, "refused\t5"));
  });

  test("names AWS's protocol in the handshake on port 443, and takes PEM texts without a NUL", async () => {
    const authority = await openAuthority();
    const server = await authority.issueServer(["localhost"]);
    const device = await authority.issueDevice("lamp");
    const asked: (string | false | null)[] = [];
    const broker = createTlsServer({
      cert: server.certificate,
      key: server.privateKey,
      ca: authority.ca,
      requestCert: true,
      ALPNProtocols: ["x-amzn-mqtt-ca"],
    });
    broker.on("secureConnection", (socket: TLSSocket) => {
      asked.push(socket.alpnProtocol, socket.authorized && "authorized");
      socket.destroy();
    });
    await new Promise<void>((done) => broker.listen(0, "127.0.0.1", done));
    const { port } = broker.address() as AddressInfo;
    for (const boardPort of [443, 8883]) {
      const b = bench(
        online(`
local function pem(name) local f = io.open(name) local text = f:read("a") f:close() return text end
c = mqtt.Client("lamp", 60)
c:connect("localhost", ${boardPort}, {ca_cert = pem("ca"), client_cert = pem("cert"), client_key = pem("key")}, 0, nil, nil)
c:on("offline", function() print("offline") end)`),
        { firmware, network: { connect: (): Duplex => connectTcp({ host: "127.0.0.1", port }) } },
      );
      for (const [name, text] of [
        ["ca", authority.ca],
        ["cert", device.certificate],
        ["key", device.privateKey],
      ] as const) {
        b.board.files.write(name, text);
      }
      b.board.powerOn();
      await until(b.time, said(b, "offline"));
      b.board.powerOff();
    }
    broker.close();
    expect(asked).toEqual(["x-amzn-mqtt-ca", "authorized", false, "authorized"]);
  });
});

describe("http with the component", () => {
  /** A GET whose answer is this text, after which the server hangs up. */
  async function get(path: string, answer: string): Promise<string | undefined> {
    const network = {
      connect(): Duplex {
        const [ours, theirs] = memoryConnection();
        theirs.on("error", () => undefined);
        theirs.on("data", (chunk: Buffer) => void (chunk.toString().endsWith("\r\n\r\n") && theirs.end(answer)));
        return ours;
      },
    };
    const b = bench(
      online(`con = http.createConnection("http://host/${path}", http.GET, {async = true})
con:on("complete", function(status) print("complete", status) end) con:request()`),
      { firmware, network },
    );
    b.board.powerOn();
    await until(b.time, () => b.lines.length > 0);
    return b.lines[0];
  }

  test.each([
    [1800, "complete\t200"],
    [3900, "complete\t200"],
    [4090, "complete\t-1"],
  ])("a path of %i characters ends as %s", async (length, ending) => {
    expect(await get("p".repeat(length), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).toBe(ending);
  });

  test("a body that ends early is an error", async () => {
    expect(await get("", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok")).toBe("complete\t-28680");
    expect(await get("", "HTTP/1.1 200 OK\r\n\r\nok")).toBe("complete\t200");
  });

  test("https without a root of its own trusts the public ones, and no other", async () => {
    const service = await startJobsService({ ports: { mqtt: false, mqtts: false, https: 0 } });
    const port = Number(new URL(service.putObject("image.bin", Buffer.alloc(10))).port);
    const b = bench(
      online(`con = http.createConnection("https://localhost:${port}/", http.GET, {async = true})
con:on("complete", function(status) print("complete", status) end) con:request()`),
      { firmware, network: { connect: (): Duplex => connectTcp({ host: "127.0.0.1", port }) } },
    );
    b.board.powerOn();
    await until(b.time, () => b.lines.length > 0);
    b.board.powerOff();
    await service.stop();
    expect(b.lines).toEqual(["complete\t-28674"]);
  });
});
