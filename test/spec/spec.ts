/** Behaviour as data: a spec is sentences with code. Each runs under Node and again in every Lua, and must hold in all of them. */

/** Sentences about the device or the service, and what proves each. */
export type Spec = Record<string, () => void>;

let raise = (message: string): void => {
  throw message;
};

/** Lets a runner say how a failed expectation ends a spec, so that it can keep the place in the source. */
export function onFailure(replacement: (message: string) => void): void {
  raise = replacement;
}

type Members = Record<string, unknown>;

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null;
}

/** Member names with a value, sorted, so that Lua's order of keys does not show. Lua's arrays give their indexes. */
function names(value: Members): string[] {
  return Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort();
}

/** What a person reads of a value in a message. */
export function show(value: unknown): string {
  if (value === undefined) return "undefined";
  if (typeof value === "string") return `"${value}"`;
  if (typeof value === "function") return "a function";
  if (!isMembers(value)) return String(value);
  if (Array.isArray(value)) {
    const items: string[] = [];
    for (const item of value as unknown[]) items.push(show(item));
    return `[${items.join(", ")}]`;
  }
  return `{${names(value)
    .map((name) => `${name}: ${show(value[name])}`)
    .join(", ")}}`;
}

/** The first difference as a sentence; undefined when the values are the same in Lua too, where an absent member is an undefined one. */
export function difference(actual: unknown, expected: unknown, path: string): string | undefined {
  if (actual === expected) return undefined;
  if (isMembers(actual) && isMembers(expected) && Array.isArray(actual) === Array.isArray(expected)) {
    if (Array.isArray(actual) && actual.length !== (expected as unknown as unknown[]).length) {
      return `${path}: came ${show(actual)}, wanted ${show(expected)}`;
    }
    for (const side of [expected, actual]) {
      for (const name of names(side)) {
        const found = difference(actual[name], expected[name], `${path}.${name}`);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }
  return `${path}: came ${show(actual)}, wanted ${show(expected)}`;
}

/** Holds when both are the same through and through. */
export function equal(actual: unknown, expected: unknown): void {
  const found = difference(actual, expected, "value");
  if (found !== undefined) raise(found);
}

/** Holds when the condition does. */
export function ok(condition: boolean, message: string): void {
  if (!condition) raise(message);
}
