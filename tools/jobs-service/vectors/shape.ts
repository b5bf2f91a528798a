/** The shape language of the test vectors: literals, typed wildcards, objects that list only the keys that matter. */

const wildcards: Readonly<Record<string, (value: unknown) => boolean>> = {
  seconds: (value) => Number.isInteger(value) && String(value).length === 10,
  int: (value) => Number.isInteger(value),
  number: (value) => typeof value === "number",
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  array: (value) => Array.isArray(value),
  url: (value) => typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value),
  any: (value) => value !== undefined,
  absent: (value) => value === undefined,
};

/** What differs between a value and a shape, or undefined when it fits. `undefined` as value means that there is none. */
export function mismatch(value: unknown, shape: unknown, path = "payload"): string | undefined {
  if (typeof shape === "string") {
    const parts = /^<([a-z]+)(?::(-?\d+)\.\.(-?\d+))?>$/.exec(shape);
    if (parts !== null) return wildcardMismatch(value, shape, parts, path);
  }
  if (value === undefined) return `${path} is missing`;
  if (Array.isArray(shape)) return arrayMismatch(value, shape, path);
  if (typeof shape === "object" && shape !== null) return objectMismatch(value, shape as Record<string, unknown>, path);
  return Object.is(value, shape) ? undefined : `${path} is ${JSON.stringify(value)}, not ${JSON.stringify(shape)}`;
}

function wildcardMismatch(value: unknown, shape: string, [, name = "", low, high]: readonly string[], path: string): string | undefined {
  const fits = Object.hasOwn(wildcards, name) ? wildcards[name] : undefined;
  if (fits === undefined) return `${path} is to be ${shape}, a wildcard that is not known here`;
  const inRange = low === undefined || high === undefined || (typeof value === "number" && value >= Number(low) && value <= Number(high));
  if (fits(value) && inRange) return undefined;
  return value === undefined ? `${path} is missing (${shape} wanted)` : `${path} is ${JSON.stringify(value)}, not ${shape}`;
}

function arrayMismatch(value: unknown, shape: readonly unknown[], path: string): string | undefined {
  if (!Array.isArray(value)) return `${path} is ${JSON.stringify(value)}, not an array`;
  if (value.length !== shape.length) return `${path} has ${value.length} items, not ${shape.length}`;
  return first(shape.map((item, index) => () => mismatch(value[index] as unknown, item, `${path}[${index}]`)));
}

function objectMismatch(value: unknown, shape: Readonly<Record<string, unknown>>, path: string): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `${path} is ${JSON.stringify(value)}, not an object`;
  const { $closed, ...members } = shape;
  const own = (key: string): unknown => (Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined);
  const extra = $closed === true ? Object.keys(value).find((key) => !Object.hasOwn(members, key)) : undefined;
  if (extra !== undefined) return `${path}.${extra} is not wanted`;
  return first(
    Object.entries(members).map(
      ([key, item]) =>
        () =>
          mismatch(own(key), item, `${path}.${key}`),
    ),
  );
}

function first(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const problem = check();
    if (problem !== undefined) return problem;
  }
  return undefined;
}
