/** Values that nobody who means well sends. */
import fc from "fast-check";

const seed = Number(process.env["SEED"] ?? 1);
const factor = Number(process.env["FUZZ_FACTOR"] ?? 1);

/** Parameters of a property: `FUZZ_FACTOR` makes it look longer, `SEED` elsewhere. */
export function runs(numRuns: number): { numRuns: number; seed: number } {
  return { numRuns: Math.ceil(numRuns * factor), seed };
}

/** How long a test with such a property may take. */
export const patienceMs = 30_000 * Math.max(1, factor);

/** What a property knows by name, so that hostile values meet things that are there. */
export const known = {
  thing: "t1",
  group: "g1",
  job: "j1",
  policy: "p1",
  template: "template-1",
  thingType: "type-1",
} as const;

export function arn(kind: string, name: string): string {
  return `arn:aws:iot:us-east-1:123456789012:${kind}/${name}`;
}

const texts = [
  ...["", " ", "\0", "\n", "\ud800", "\u202e", "\ufeff", "é", "😀".repeat(600), "x".repeat(65), "x".repeat(129), "x".repeat(3000)],
  ...["__proto__", "constructor", "toString", "valueOf", "hasOwnProperty", "null", "true", "1e999", "-1", "NaN"],
  ...["../../etc/passwd", "..", "%2e%2e%2f", "a/b", "a\\b", "$next", "+", "#", "$aws/things/t2/jobs/get", "<x>&amp;", "${x}", "$&"],
  ...["{", "[]", "{}", '{"a":', '"text"', "[".repeat(1500) + "]".repeat(1500), "${aws:iot:s3-presigned-url:https://[}"],
  ...['{"u":"${aws:iot:s3-presigned-url:https://b.s3.amazonaws.com/%2e%2e%2f%zz}"}', "${aws:iot:parameter:__proto__}"],
  ...["cron(* * * * ? *)", "cron(0 0 30 2 ? *)", "cron(0 0 ? * 2#5 2199)", "cron(a b c d e f)", "2023-11-15 00:00", "9999-99-99 99:99"],
  ...[
    "SNAPSHOT",
    "CONTINUOUS",
    "CANCEL",
    "FORCE_CANCEL",
    "ALL",
    "FAILED",
    "SUCCEEDED",
    "IN_PROGRESS",
    "QUEUED",
    "ACTIVE",
    "throttle",
    "delay",
  ],
  ...Object.values(known),
  ...[
    arn("thing", known.thing),
    arn("thinggroup", known.group),
    arn("job", known.job),
    arn("jobtemplate", known.template),
    arn("cert", "0"),
  ],
  ...["arn:aws:iot:us-east-1::jobtemplate/AWS-Run-Command:1.0", `arn:aws:iot:us-east-1:1:thing/${"x".repeat(200)}`, "arn:aws:iot:::thing/"],
];

/** Beyond a million only what is refused everywhere: a clock may be told to go on by years, minute by minute. */
const numbers = [0, -0, -1, 1, 2, 10, 11, 0.5, 1.005, 60, 3600, 10_080, 10_081, 100_000, 2 ** 53, 2 ** 53 + 2, 1e308, -1e308];

export const hostileText = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...texts) }, fc.string({ maxLength: 20, unit: "binary" }));

/** Any JSON, with a liking for what breaks programs. */
export const hostile: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 5, arbitrary: hostileText },
    { weight: 3, arbitrary: fc.constantFrom(...numbers) },
    { weight: 2, arbitrary: fc.constantFrom(null, true, false) },
    { weight: 1, arbitrary: fc.constant({ toString: 1, valueOf: null, length: -1 }) },
    { weight: 1, arbitrary: fc.constant(JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"prototype":1}}') as unknown) },
    { weight: 1, arbitrary: fc.array(tie("value"), { maxLength: 12 }) },
    { weight: 2, arbitrary: fc.dictionary(hostileText, tie("value"), { maxKeys: 4 }) },
  ),
})).value;

/** The places in a value where another one can be put. */
function placesIn(value: unknown, at: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [[...at]];
  const below = Object.entries(value).flatMap(([name, member]) => placesIn(member, [...at, name]));
  return [...(at.length > 0 ? [[...at]] : []), ...below];
}

function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  if (Array.isArray(value)) return value.map((item: unknown, index) => (String(index) === name ? replaced(item, rest, by) : item));
  const fields = value as Record<string, unknown>;
  return { ...fields, [name]: replaced(fields[name], rest, by) };
}

/** A good value with a member or two that are not. */
export function spoilt(good: unknown): fc.Arbitrary<unknown> {
  const places = placesIn(good);
  const damage = fc.array(fc.tuple(fc.nat(Math.max(0, places.length - 1)), hostile), { minLength: 1, maxLength: 2 });
  return damage.map((all) =>
    all.reduce<unknown>((value, [index, by]) => {
      const place = places[index] ?? [];
      return has(value, place) ? replaced(value, place, by) : value;
    }, good),
  );
}

function has(value: unknown, place: readonly string[]): boolean {
  const [name, ...rest] = place;
  if (name === undefined) return true;
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) && has((value as Record<string, unknown>)[name], rest);
}
