/** The HTTPS face, sent whatever bytes there are. `FUZZ_FACTOR` sends more of them, `SEED` others. */
import { connect, type TLSSocket } from "node:tls";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startJobsService, type JobsService, type JobsServiceOptions } from "../tools/jobs-service";
import { controlApi } from "../tools/jobs-service/control-api";
import { deviceApi } from "../tools/jobs-service/device-api";
import { localApi } from "../tools/jobs-service/local-api";
import { objectApi } from "../tools/jobs-service/object-api";
import { openObjects } from "../tools/jobs-service/objects";
import { VirtualTime } from "../tools/time";
import { bodies } from "./fuzz-service/bodies";
import { arn, known, patienceMs, runs } from "./fuzz-service/hostile";
import { complaintAbout, exchangeBytes, readAnswer, type RawAnswer } from "./fuzz-service/raw-http";
import { requestTo, routesOf } from "./fuzz-service/requests";
import { viewsOf } from "./fuzz-service/views";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
let service: JobsService;
let log: string[];

async function start(options: JobsServiceOptions = {}): Promise<void> {
  log = [];
  const ports = { mqtt: false, mqtts: false, https: false } as const;
  service = await startJobsService({ time: new VirtualTime(), ports, log: (line) => log.push(line), ...options });
  const { rules } = service;
  rules.thingTypes.create(known.thingType, {});
  rules.createThing(known.thing);
  for (const name of [known.group, "g2", "g3"]) rules.createThingGroup(name);
  rules.addThingToThingGroup("g3", known.thing);
  rules.identities.createPolicy(known.policy, bodies.policy.policyDocument);
  rules.createJob({ jobId: known.job, targets: [arn("thing", known.thing)], document: '{"action":"blink"}' });
}

afterEach(() => service.stop());

const failures = (): string[] => log.filter((line) => line.includes("the service failed"));

async function send(pieces: readonly (string | Uint8Array)[], stays = true): Promise<RawAnswer | undefined> {
  return readAnswer(await exchangeBytes(service.connectHttp(), pieces, stays));
}

function ask(method: string, path: string, body = "", headers = ""): Promise<RawAnswer | undefined> {
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return send([`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${length}${headers}\r\n${body}`]);
}

function allRoutes() {
  const { rules } = service;
  const none = (): never => {
    throw new Error("only its routes are looked at");
  };
  const issuing = { authority: { issueKeys: none, signRequest: none, forget: none }, keys: "EC P-256" } as const;
  const objects = openObjects(
    () => "http://localhost",
    () => 0,
  );
  // New keys are costly, and take nothing that could be bad.
  return routesOf(
    controlApi(rules, String, issuing),
    deviceApi(rules, true, new VirtualTime()),
    localApi(rules),
    objectApi(objects),
  ).filter(({ path }) => path !== "/keys-and-certificate");
}

describe.each([
  ["everyone may call", {}],
  ["requests must be signed", { credentials }],
] as const)("where %s", (_who, options) => {
  beforeEach(() => start(options));

  it(
    "every request is answered as AWS does or ends the connection, and changes nothing when it is refused",
    { timeout: patienceMs },
    async () => {
      const routes = allRoutes();
      expect(routes.length).toBeGreaterThan(80);
      const seen = new Set<number>();
      await fc.assert(
        fc.asyncProperty(requestTo(routes), async ({ isHead, isWhole, pieces }) => {
          const before = viewsOf(service);
          const answer = await send(pieces, isWhole);
          service.rules.faults.clear();
          expect(failures()).toEqual([]);
          if (answer !== undefined) {
            seen.add(answer.status);
            expect(complaintAbout(answer, isHead)).toBeUndefined();
          }
          // Node's own answer to bytes beyond the request, which has no type, says nothing of the request. Nor does none.
          const isRefusal = answer?.headers.has("content-type") === true && answer.status >= 400;
          if (isRefusal) expect(viewsOf(service)).toBe(before);
        }),
        runs(700),
      );
      for (const status of "credentials" in options ? [400, 403] : [200, 400, 404]) expect(seen).toContain(status);
      // It is as well as before.
      expect((await ask("GET", "/objects/none"))?.status).toBe(404);
      if (!("credentials" in options)) expect((await ask("GET", "/jobs"))?.status).toBe(200);
    },
  );
});

describe("an answer, and no failure of the service, comes to", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const odd = '{"toString":1,"valueOf":null}';
  it.each([
    ["text that cannot be text", "POST", "/certificates", `{"certificateSigningRequest":${odd}}`, 400],
    ["a certificate that cannot be text", "POST", "/certificate/register-no-ca", `{"certificatePem":${odd}}`, 400],
    ["targets that cannot be text", "POST", "/jobs/j1/targets", `{"targets":[${odd}]}`, 400],
    ["a body nested 100,000 deep", "PUT", "/jobs/j2", `{"targets":${deep}}`, 400],
    ["a target that is no URL", "GET", "http://[/", "", 400],
  ] as const)("%s", async (_what, method, path, body, status) => {
    await start();
    const answer = await ask(method, path, body);
    expect(answer?.status).toBe(status);
    expect(answer?.headers.get("x-amzn-errortype")).toMatch(/Exception$/);
    expect(failures()).toEqual([]);
  });

  it("an object with a bad name", async () => {
    await start();
    const answer = await ask("PUT", "/objects/a%00b", "x");
    expect(answer).toMatchObject({ status: 400 });
    expect(answer?.headers.get("content-type")).toBe("application/xml");
    expect(failures()).toEqual([]);
  });

  it.each([
    ["half a body", "Content-Length: 100\r\n\r\n{"],
    ["a chunk without a size", "Transfer-Encoding: chunked\r\n\r\nzz\r\n{"],
    ["half a chunk", "Transfer-Encoding: chunked\r\n\r\n5\r\n{"],
  ])("%s", async (_what, rest) => {
    await start();
    for (const path of ["/jobs/j2", "/objects/a"]) {
      expect((await send([`PUT ${path} HTTP/1.1\r\nHost: localhost\r\n${rest}`], false))?.status ?? 400).toBe(400);
    }
    expect(failures()).toEqual([]);
  });

  it.each([
    ["a path that is no URL", "//[", "", 403],
    ["a signature of a header that only objects in JavaScript have", "/jobs", "host;constructor;__proto__", 403],
  ])("%s, where requests must be signed", async (_what, path, signedHeaders, status) => {
    await start({ credentials });
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    const scope = `${credentials.accessKeyId}/${date.slice(0, 8)}/us-east-1/iot/aws4_request`;
    const signed = `x-amz-date: ${date}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signedHeaders}, Signature=0\r\n`;
    expect((await ask("GET", path, "", signedHeaders === "" ? "" : signed))?.status).toBe(status);
    expect(failures()).toEqual([]);
  });

  it("an object of more than 32 MB, before its signature is looked at", async () => {
    await start({ credentials });
    const answer = await send(["PUT /objects/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 33554433\r\n\r\n"]);
    expect(answer?.status).toBe(400);
    const piece = Buffer.alloc(1024 * 1024);
    const chunk = [`${piece.length.toString(16)}\r\n`, piece, "\r\n"];
    const pieces = Array.from({ length: 33 }, () => chunk).flat();
    expect(
      (await send(["PUT /objects/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n", ...pieces]))
        ?.status,
    ).toBe(400);
  });
});

describe("the HTTPS port", () => {
  const sockets: TLSSocket[] = [];
  beforeEach(() => start({ ports: { mqtt: false, mqtts: false }, patience: { headersMs: 60, requestMs: 120, handshakeMs: 60 } }));
  afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));

  const port = (): number => Number(new URL(service.urls.https ?? "").port);
  async function secured(): Promise<TLSSocket> {
    const socket = connect({ port: port(), host: "127.0.0.1", ca: service.ca });
    sockets.push(socket);
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    return socket;
  }
  const closed = (socket: TLSSocket): Promise<string> =>
    new Promise((resolve) => {
      let got = "";
      socket.on("data", (part: Buffer) => (got += part.toString()));
      socket.once("close", () => resolve(got));
    });

  it.each([
    ["the head of its request", "GET /things HTTP/1.1\r\nHost: loc"],
    ["its body", "PUT /jobs/j2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"],
  ])("hangs up on whoever does not finish %s", async (_what, beginning) => {
    const socket = await secured();
    const end = closed(socket);
    socket.write(beginning);
    expect(await end).toMatch(/^HTTP\/1\.1 408 /);
    expect(failures()).toEqual([]);
  });

  it("answers one request after the other where many come at once, and then the end", async () => {
    const socket = await secured();
    const end = closed(socket);
    const one = "GET /things/t1 HTTP/1.1\r\nHost: localhost\r\n";
    socket.write(`${`${one}\r\n`.repeat(19)}${one}Connection: close\r\n\r\n`);
    expect((await end).match(/HTTP\/1\.1 200 OK/g)).toHaveLength(20);
  });

  it("hangs up on a WebSocket that it does not want, though the peer stays", async () => {
    const socket = await secured();
    const end = closed(socket);
    socket.write("GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    expect(await end).toMatch(/^HTTP\/1\.1 404 /);
  });
});
