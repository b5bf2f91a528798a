/** The firmware's http module on the virtual board: pieces with back-pressure, small buffers, truncated bodies that count as success. */
import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { memoryConnection } from "../tools/jobs-service/memory-connection";
import type { BoardOptions } from "../tools/virtual-esp32/index";
import type { Bench } from "./virtual-esp32/bench";
import { bench, online, until } from "./virtual-esp32/bench";

interface Peer {
  readonly stream: Duplex;
  /** What the board has sent, as text. */
  request: string;
}

/** A board whose connections end at `serve`, called once the head of each request is there. */
function connectable(body: string, serve: (peer: Peer) => void, options: BoardOptions = {}): Bench & { peers: Peer[] } {
  const peers: Peer[] = [];
  const network = {
    connect(): Duplex {
      const [ours, theirs] = memoryConnection();
      const peer: Peer = { stream: theirs, request: "" };
      peers.push(peer);
      theirs.on("error", () => undefined);
      theirs.on("data", (chunk: Buffer) => {
        peer.request += chunk.toString("latin1");
        if (!peer.request.endsWith("\r\n\r\n")) return;
        serve(peer);
      });
      return ours;
    },
  };
  const made = bench(online(body), { network, ...options });
  made.board.powerOn();
  return { ...made, peers };
}

/** Lua that makes a GET and prints what it hears. */
const get = (url: string, opts = "async = true"): string => `
con = http.createConnection("${url}", http.GET, {${opts}})
con:on("connect", function() print("connect") end)
con:on("headers", function(status, headers) print("headers", status, headers["content-length"], headers["x-long"] and #headers["x-long"]) end)
con:on("data", function(status, chunk) print("data", status, #chunk) end)
con:on("complete", function(status, connected) print("complete", status, connected) end)
con:request()`;

const ended = (b: Bench) => (): boolean => b.lines.some((line) => line.startsWith("complete"));
const ok = (body: string | Buffer, more = ""): string | Buffer =>
  Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n`), Buffer.from(body)]);

test("tells headers, data in pieces of the buffer's size, and the end", async () => {
  const b = connectable(get("http://host/path?x=1", `async = true, headers = {Range = "bytes=0-", Number = 1}`), ({ stream }) =>
    stream.write(ok(Buffer.alloc(1200))),
  );
  await until(b.time, ended(b));
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 1200\r\n\r\n".length;
  expect(b.lines).toEqual([
    "connect",
    "headers\t200\t1200\tnil",
    `data\t200\t${512 - head}`,
    "data\t200\t512",
    `data\t200\t${1200 - 512 - (512 - head)}`,
    "complete\t200\ttrue",
  ]);
  expect(b.peers[0]!.request).toBe("GET /path?x=1 HTTP/1.1\r\nUser-Agent: NodeMCU (ESP32)\r\nHost: host\r\nRange: bytes=0-\r\n\r\n");
});

test("keeps the peer waiting while Lua has not acknowledged", async () => {
  const b = connectable(
    `
con = http.createConnection("http://host/", {async = true, bufsz = 4096})
con:on("data", function(_, chunk) print(#chunk) tmr.create():alarm(1000, 0, function() con:ack() end) return http.DELAYACK end)
con:on("complete", function() print("complete") end)
con:request()`,
    ({ stream }) => {
      stream.write("HTTP/1.1 200 OK\r\nContent-Length: 40960\r\n\r\n");
      stream.write(Buffer.alloc(40_960));
    },
  );
  await until(b.time, () => b.lines.length === 1);
  const from = b.time.now();
  b.time.advance(900);
  await until(b.time, () => b.lines.length === 3);
  expect(b.time.now() - from).toBeGreaterThanOrEqual(1990);
  await until(b.time, ended(b));
  expect(b.lines.slice(0, -1).reduce((sum, size) => sum + Number(size), 0)).toBe(40_960);
});

test("a callback other than data that asks to wait ends in a panic", async () => {
  const b = connectable(
    `con = http.createConnection("http://host/", {async = true}) con:on("headers", function() return http.DELAYACK end) con:request()`,
    ({ stream }) => stream.write(ok("x")),
  );
  await until(b.time, () => b.restarts.length === 1);
  expect(b.restarts).toEqual(["panic"]);
  expect(b.lines.at(-1)).toContain("PANIC: unprotected error");
});

test.each([
  ["closes", (stream: Duplex) => stream.end()],
  ["falls silent", () => undefined],
])("reports a body that ends early as 200 when the peer %s", async (_what, then) => {
  const b = connectable(get("http://host/"), ({ stream }) => {
    stream.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789");
    then(stream);
  });
  await until(b.time, ended(b));
  expect(b.lines.slice(1)).toEqual(["headers\t200\t1000\tnil", "data\t200\t10", "complete\t200\ttrue"]);
});

test.each([
  ["the server is silent", () => undefined, -28679],
  ["the server closes at once", (stream: Duplex) => void stream.end(), -28680],
] as const)("gives an error code when %s", async (_what, serve, code) => {
  const b = connectable(get("http://host/"), ({ stream }) => serve(stream));
  await until(b.time, ended(b));
  expect(b.lines).toEqual(["connect", `complete\t${code}\tfalse`]);
});

test("cannot connect without Wi-Fi", async () => {
  const b = bench(get("http://host/"));
  b.board.powerOn();
  await until(b.time, ended(b));
  expect(b.lines).toEqual(["complete\t-28674\tfalse"]);
});

// 512 bytes: request line, the first header, and what ends the head.
test.each([
  [466, 512, 200],
  [467, 512, -28679],
  [496, 512, -28679],
  [497, 512, -1],
  [3900, 4096, 200],
])("a path of %i characters with a request buffer of %i ends as %i", async (length, httpRequestBytes, status) => {
  const b = connectable(get(`http://host/${"p".repeat(length - 1)}`), ({ stream }) => stream.write(ok("x")), { httpRequestBytes });
  await until(b.time, ended(b));
  expect(b.lines.at(-1)).toMatch(new RegExp(`^complete\t${status}\t`));
  expect(b.peers[0]!.request === "").toBe(status !== 200);
});

test("a header that does not fit leaves the request without its end", async () => {
  const b = connectable(get("http://host/", `async = true, headers = {Cookie = ("c"):rep(510)}`), ({ stream }) => stream.write(ok("x")));
  await until(b.time, ended(b));
  expect(b.lines.at(-1)).toBe("complete\t-28679\tfalse");
  expect(b.peers[0]!.request).toBe("GET / HTTP/1.1\r\nUser-Agent: NodeMCU (ESP32)\r\nHost: host\r\n");
});

test("cuts the value of a header where a read ends; a larger buffer keeps it whole", async () => {
  const serve = ({ stream }: Peer): void => void stream.write(ok("body", `X-Fill: ${"f".repeat(400)}\r\nX-Long: ${"l".repeat(300)}\r\n`));
  const small = connectable(get("http://host/"), serve);
  await until(small.time, ended(small));
  expect(small.lines[1]).toBe(`headers\t200\t4\t${512 - "HTTP/1.1 200 OK\r\nX-Fill: ".length - 400 - "\r\nX-Long: ".length}`);
  const large = connectable(get("http://host/", "async = true, bufsz = 2048"), serve);
  await until(large.time, ended(large));
  expect(large.lines[1]).toBe("headers\t200\t4\t300");
});

test("reads chunked bodies, and bodies that end with the connection", async () => {
  const chunked = connectable(get("http://host/"), ({ stream }) =>
    stream.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n"),
  );
  await until(chunked.time, ended(chunked));
  expect(chunked.lines.slice(2)).toEqual(["data\t200\t5", "data\t200\t3", "complete\t200\ttrue"]);
  const closing = connectable(get("http://host/"), ({ stream }) => stream.end("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"));
  await until(closing.time, ended(closing));
  expect(closing.lines.slice(2)).toEqual(["data\t200\t5", "complete\t200\tfalse"]);
});

test("follows redirects unless told not to, and gives up after as many as allowed", async () => {
  const serve = (peer: Peer): void => {
    const path = peer.request.split(" ")[1]!;
    peer.request = "";
    if (path === "/there") peer.stream.write(ok("found"));
    else
      peer.stream.write(`HTTP/1.1 302 Found\r\nLocation: ${path === "/loop" ? "/loop" : "http://host/there"}\r\nContent-Length: 0\r\n\r\n`);
  };
  const follows = connectable(get("http://host/here"), serve);
  await until(follows.time, ended(follows));
  expect(follows.lines.at(-1)).toBe("complete\t200\ttrue");
  // Headers of the redirect are merged in, and of two with one name the first received stays.
  expect(follows.lines[1]).toBe("headers\t200\t0\tnil");
  const stays = connectable(get("http://host/here", "async = true, max_redirects = 0"), serve);
  await until(stays.time, ended(stays));
  expect(stays.lines.slice(1)).toEqual(["headers\t302\t0\tnil", "complete\t302\ttrue"]);
  const loops = connectable(get("http://host/loop", "async = true, max_redirects = 2"), serve);
  await until(loops.time, ended(loops));
  expect(loops.lines.at(-1)).toMatch(/^complete\t-28673\t/);
});

test("a cancelled request completes with its status, not connected", async () => {
  const b = connectable(
    `
con = http.createConnection("http://host/", {async = true})
con:on("data", function() print(pcall(con.ack, con)) con:close() end)
con:on("complete", function(...) print("complete", ...) print(pcall(con.ack, con)) end)
con:request()
print(pcall(con.close, con)) print(pcall(con.seturl, con, "http://other/"))`,
    ({ stream }) => stream.write(ok(Buffer.alloc(100_000))),
  );
  await until(b.time, ended(b));
  expect(b.lines).toEqual([
    "false\tCannot close an ongoing async request outside of a callback or pending ack",
    "false\tCannot modify connection while a request is active",
    "false\tCannot call ack() from within the callback itself",
    "complete\t200\tfalse",
    "false\tNo asynchronous callback pending",
  ]);
});

test("crashes when a request is made inside complete; from a task it works, on the same connection", async () => {
  const again = (how: string): string => `
n = 0
con = http.createConnection("http://host/", {async = true})
con:on("complete", function(status) n = n + 1 print("complete", n, status) if n == 1 then ${how} end end)
con:request()`;
  const serve = (peer: Peer): void => {
    peer.request = "";
    peer.stream.write(ok("x"));
  };
  const inside = connectable(again("con:request()"), serve);
  await until(inside.time, () => inside.restarts.length > 0);
  expect(inside.restarts).toEqual(["crash"]);
  const posted = connectable(again("node.task.post(function() con:request() end)"), serve);
  await until(posted.time, () => posted.lines.includes("complete\t2\t200"));
  expect(posted.peers).toHaveLength(1);
});

test("an error in a callback does not end the transfer", async () => {
  const b = connectable(
    `node.setonerror(function(e) print((e:match("[^\\n]*"))) end)
con = http.createConnection("http://host/", {async = true})
con:on("data", function() error("oops") end)
con:on("complete", function(...) print("complete", ...) end)
con:request()`,
    ({ stream }) => stream.write(ok("x")),
  );
  await until(b.time, ended(b));
  expect(b.lines).toEqual([expect.stringMatching(/^init\.lua:\d+: oops$/), "complete\t200\ttrue"]);
});

test("a synchronous request never comes back: nothing but the power switch helps", async () => {
  const b = connectable(
    `tmr.create():alarm(10, 1, function() print("tick") end) http.createConnection("http://host/"):request()`,
    () => undefined,
  );
  await until(b.time, () => b.lines.length > 0);
  b.time.advance(60_000);
  expect(b.lines).toEqual([expect.stringMatching(/^hang: /)]);
  expect(b.board.powered).toBe(true);
});

test("drops options that stand in third place behind a nil, and refuses options of a wrong type", async () => {
  const b = connectable(
    `
print(pcall(http.createConnection, "http://host/", {async = 1}))
print(pcall(http.createConnection, "ftp://host/"))
print(pcall(http.createConnection, "http://host/", 99))
http.createConnection("http://host/", nil, {async = true}):request()`,
    () => undefined,
  );
  await until(b.time, () => b.lines.length === 4);
  expect(b.lines).toEqual([
    "false\tbad option async to 'createConnection' (boolean expected, got number)",
    "false\tesp_http_client_init failed",
    "false\tBad HTTP method 99",
    expect.stringMatching(/^hang: /),
  ]);
});

test("http.get collects the body; a malformed URL is an uncaught error, whatever pcall is around it", async () => {
  const b = connectable(
    `http.get("http://host/", function(status, body, headers) print(status, body, headers["x-a"]) end) print(pcall(http.get, "nonsense", print))`,
    (peer) => {
      peer.stream.write(ok("hello", "X-A: b\r\n"));
    },
  );
  await until(b.time, () => b.lines.includes("200\thello\tb"));
  expect(b.peers[0]!.request).toContain("Connection: close\r\n");
  expect(b.lines[0]).toBe("true");
  await until(b.time, () => b.restarts.length > 0);
  expect(b.restarts).toEqual(["restart"]);
});

test("downloads 1.2 MB into a slot, hashed on the way, in little time", async () => {
  const image = Buffer.alloc(1_200_000, 0xe9);
  const b = connectable(
    `
local total, hash = 0, crypto.new_hash("sha256")
otaupgrade.commence()
con = http.createConnection("http://host/", {async = true, bufsz = 4096})
con:on("data", function(_, chunk) total = total + #chunk hash:update(chunk) otaupgrade.write(chunk) end)
con:on("complete", function() print("complete", total, encoder.toHex(hash:finalize())) end)
con:request()`,
    ({ stream }) => void stream.write(ok(image)),
  );
  const from = performance.now();
  await until(b.time, ended(b), 600_000);
  expect(b.lines.at(-1)).toBe(`complete\t1200000\t${createHash("sha256").update(image).digest("hex")}`);
  expect(performance.now() - from).toBeLessThan(5000);
});
