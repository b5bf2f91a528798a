/** Requests to every route there is, with paths, queries, headers and bodies that nobody should send. */
import fc from "fast-check";
import type { Hono } from "hono";
import { bodies, type BodyName } from "./bodies";
import { arn, hostile, hostileText, known, spoilt } from "./hostile";

/** One request, as bytes. */
export interface RawRequest {
  /** How it shows in a counterexample. */
  readonly [fc.toStringMethod]: () => string;
  readonly isHead: boolean;
  /** Whether it is all there, so that its answer ends the connection. */
  readonly isWhole: boolean;
  readonly pieces: readonly (string | Uint8Array)[];
}

export interface Route {
  readonly method: string;
  readonly path: string;
}

/** The routes of an app: what is the handler of a method, each once. */
export function routesOf(...apps: readonly Hono[]): Route[] {
  const all = apps.flatMap(({ routes }) => routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`));
  return [...new Set(all)].map((one) => ({ method: one.slice(0, one.indexOf(" ")), path: one.slice(one.indexOf(" ") + 1) }));
}

/** Which bodies a route takes. */
const bodyOfRoute: readonly (readonly [RegExp, readonly BodyName[]])[] = [
  [/^PUT \/jobs\/:jobId$/, ["createJob", "jobFromTemplate"]],
  [/^PATCH \/jobs\//, ["updateJob"]],
  [/^PUT \/jobs\/:jobId\/cancel/, ["cancelJob"]],
  [/^POST \/jobs\/:jobId\/targets/, ["targets"]],
  [/^PUT \/things\/:thing\/jobs\/:jobId\/cancel/, ["cancelExecution"]],
  [/^PUT \/things\/:thing\/jobs\/:jobId$/, ["startNext"]],
  [/^POST \/things\/:thing\/jobs\/:jobId$/, ["update"]],
  [/ \/things\/:thing$/, ["thing"]],
  [/ToThingGroup|FromThingGroup/, ["membership"]],
  [/updateThingGroupsForThing/, ["memberships"]],
  [/^POST \/thing-groups\//, ["group"]],
  [/^PATCH \/thing-groups\//, ["updateGroup"]],
  [/deprecate$/, ["deprecate"]],
  [/ \/thing-types\//, ["thingType"]],
  [/ \/job-templates\//, ["template"]],
  [/ \/policies\//, ["policy"]],
  [/ \/target-policies\//, ["target"]],
  [/ \/event-configurations/, ["events"]],
  [/ \/tags/, ["tag"]],
  [/ \/untag/, ["untag"]],
  [/ \/certificates$/, ["request"]],
  [/ \/certificate\/register-no-ca/, ["certificate"]],
  [/ \/_local\/faults/, ["fault"]],
  [/ \/_local\/clock/, ["clock"]],
];

const goodNames: Readonly<Record<string, string>> = {
  thing: known.thing,
  group: known.group,
  jobId: known.job,
  policy: known.policy,
  type: known.thingType,
  target: arn("thinggroup", known.group),
};

/** As some client would write it, or some attacker. */
const encodings: readonly ((text: string) => string)[] = [
  (text) => encodeURIComponent(Buffer.from(text).toString()),
  (text) => encodeURIComponent(encodeURIComponent(Buffer.from(text).toString())),
  (text) => Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
];
const encoded = fc.tuple(hostileText, fc.constantFrom(...encodings)).map(([text, encode]) => encode(text));
const pathPart = fc.oneof(
  { weight: 3, arbitrary: encoded },
  fc.constantFrom(
    "..",
    "%2e%2e",
    "%2E%2e%2f..",
    "%00",
    "%",
    "%zz",
    "%ff",
    "%c0%ae",
    ";a=b",
    "//",
    "a%2Fb",
    "%252e",
    "*",
    ":thing",
    "y".repeat(9000),
  ),
);

function pathFor(route: Route): fc.Arbitrary<string> {
  const parts = route.path.split("/").map((part) => {
    if (!part.startsWith(":")) return fc.oneof({ weight: 30, arbitrary: fc.constant(part) }, pathPart);
    const good = goodNames[part.slice(1).replace(/\{.*/, "")] ?? "1";
    return fc.oneof({ weight: 4, arbitrary: fc.constant(encodeURIComponent(good)) }, pathPart);
  });
  return fc.tuple(...parts).map((all) => `/${all.join("/").replace(/^\//, "")}`);
}

const queryNames = [
  ...["force", "maxResults", "nextToken", "pageSize", "marker", "isAscendingOrder", "status", "executionNumber", "includeJobDocument"],
  ...["expectedVersion", "newStatus", "setAsActive", "recursive", "parentGroup", "namePrefixFilter", "thingName", "attributeName"],
  ...["resourceArn", "endpointType", "templateVersion", "thingPrincipalType", "__proto__", "constructor", "X-Amz-Signature", "X-Amz-Date"],
  ...["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Security-Token"],
];
const query = fc
  .array(fc.tuple(fc.constantFrom(...queryNames), fc.oneof(encoded, fc.constantFrom("true", "1", "%", "%zz", "AWS4-HMAC-SHA256"))), {
    maxLength: 4,
  })
  .map((pairs) => (pairs.length === 0 ? "" : `?${pairs.map(([name, value]) => `${name}=${value}`).join("&")}`));

const signature = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1";
const header = fc.constantFrom<string[]>(
  `Authorization: ${signature}/iot-jobs-data/aws4_request, SignedHeaders=host, Signature=0`,
  `Authorization: ${signature}/iot/aws4_request, SignedHeaders=host;constructor;__proto__, Signature=0`,
  `Authorization: ${signature}/s3/aws4_request`,
  "Authorization: AWS4-HMAC-SHA256",
  "Authorization: Basic Og==",
  "Authorization: AWS4-HMAC-SHA256 Credential=////,=,,Signature",
  "x-amz-date: 99999999T999999Z",
  "Content-Encoding: gzip",
  "Content-Type: text/html; charset=\xff",
  "Expect: 100-continue",
  "Expect: the worst",
  "Range: bytes=99999999999999999999-",
  "Range: bytes=-0",
  "If-None-Match: *",
  "If-Modified-Since: never",
  "X-Forwarded-Host: x",
  "Host: second",
  "x-amzn-principal: __proto__",
  `x-amzn-principal: ${arn("cert", "a".repeat(64))}`,
  "x-amzn-iot-policy: constructor",
  "__proto__: x",
  `x: ${"y".repeat(100_000)}`,
  "Upgrade: websocket\r\nConnection: Upgrade",
  "Upgrade: h2c\r\nConnection: Upgrade",
);

/** A body's text, perhaps damaged once more where JSON has no word for it. */
function bodyText(route: Route): fc.Arbitrary<Uint8Array> {
  const names = bodyOfRoute.find(([pattern]) => pattern.test(`${route.method} ${route.path}`))?.[1] ?? [];
  const json = fc.oneof(
    hostile,
    ...names.flatMap((name) => [spoilt(bodies[name]), spoilt(bodies[name]), fc.constant<unknown>(bodies[name])]),
  );
  const damage: readonly ((text: string) => string | Uint8Array)[] = [
    (text) => text.slice(0, -1),
    (text) => `\ufeff${text}`,
    (text) => text.replace("{", '{"targets":[],"status":{},"document":null,'),
    (text) => text.replace(/\d+/, "1e999"),
    (text) => Buffer.concat([Buffer.from(text.slice(0, 5)), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from(text.slice(5))]),
    () => `{"targets":${"[".repeat(90_000)}${"]".repeat(90_000)}}`,
    () => "x".repeat(300_000),
    () => "",
  ];
  const sound = (text: string): string => text;
  return fc
    .tuple(json, fc.oneof({ weight: 8, arbitrary: fc.constant(sound) }, fc.constantFrom(...damage)))
    .map(([value, spoil]) => Buffer.from(spoil(JSON.stringify(value))));
}

type Framing = (body: Uint8Array) => readonly [headers: string, ...pieces: (string | Uint8Array)[]];
const right: Framing = (body) => [`Content-Length: ${body.length}\r\n`, body];
const framings: readonly Framing[] = [
  (body) => ["Transfer-Encoding: chunked\r\n", `${body.length.toString(16)}\r\n`, body, "\r\n0\r\n\r\n"],
  (body) => [`Content-Length: ${Math.max(0, body.length - 3)}\r\n`, body],
  (body) => ["Content-Length: -1\r\n", body],
  (body) => [`Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`, body],
  (body) => ["Transfer-Encoding: chunked\r\n", "zz\r\n", body],
  (body) => ["", body],
];

/** Those that promise more than they send. */
const halves: readonly Framing[] = [
  (body) => [`Content-Length: ${body.length + 10}\r\n`, body],
  () => ["Content-Length: 99999999999\r\n", "{"],
  (body) => ["Transfer-Encoding: chunked\r\n", "ffffffff\r\n", body],
];

const methods = ["HEAD", "TRACE", "OPTIONS", "PROPFIND", "CONNECT", "POST", "PUT", "DELETE", "PATCH", "GET", "get", "X"];

/** Any request to one of these routes. Each says that it is the last one of its connection. */
export function requestTo(routes: readonly Route[]): fc.Arbitrary<RawRequest> {
  const one = fc.constantFrom(...routes).chain((route) =>
    fc.record({
      method: fc.oneof({ weight: 20, arbitrary: fc.constant(route.method) }, fc.constantFrom(...methods)),
      path: fc.oneof(
        { weight: 20, arbitrary: pathFor(route) },
        fc.constantFrom("//", "*", "http://[/", "http://other/things", "\\", "//x/../y"),
      ),
      query,
      host: fc.oneof(
        { weight: 20, arbitrary: fc.constant("Host: localhost\r\n") },
        fc.constantFrom("", "Host: a b\r\n", "Host: a@b/c\r\n"),
      ),
      headers: fc.array(header, { maxLength: 2 }),
      body: bodyText(route),
      framing: fc.oneof({ weight: 12, arbitrary: fc.constant(right) }, fc.constantFrom(...framings, ...halves)),
    }),
  );
  return one.map(({ method, path, query: asked, host, headers, body, framing }) => {
    const [length, ...pieces] = framing(body);
    const head = `${method} ${path}${asked} HTTP/1.1\r\n${host}${headers.map((line: string) => `${line}\r\n`).join("")}Connection: close\r\n${length}\r\n`;
    const shown = `${head}${pieces.map((piece) => Buffer.from(piece).toString()).join("")}`;
    return {
      [fc.toStringMethod]: () => shown.slice(0, 600),
      isHead: method === "HEAD",
      isWhole: !halves.includes(framing),
      pieces: [Buffer.from(head, "latin1"), ...pieces],
    };
  });
}
