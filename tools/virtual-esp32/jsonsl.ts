/** The JSON reader below sjson (jsonsl.c): what it takes, and under which name it refuses the rest. Checked against the C code, case by case. */

export type JsonToken =
  | { readonly kind: "open"; readonly bracket: "{" | "[" }
  | { readonly kind: "close" }
  | { readonly kind: "key" | "string" | "number"; readonly text: string }
  | { readonly kind: "true" | "false" | "null" };

/** `complete` once the first object or array is closed; what follows it is ignored. */
export interface JsonReading {
  readonly tokens: readonly JsonToken[];
  readonly isComplete: boolean;
  readonly error: string | undefined;
}

/** Levels of jsonsl's stack. The outermost is no container, and a key, string, number or word takes one while it is read: 18 containers with something in the innermost. */
const levels = 20;
const ends = ' \t\n\r",:[]{}\\';
const words: Readonly<Record<string, "true" | "false" | "null">> = { t: "true", f: "false", n: "null" };

interface Container {
  readonly bracket: "{" | "[" | "";
  /** Members, keys counted too. */
  count: number;
}

class Refusal extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** Reads a text from its beginning. `text` has one character for each byte. */
export function readJson(text: string): JsonReading {
  const tokens: JsonToken[] = [];
  const stack: Container[] = [{ bracket: "", count: 0 }];
  let canInsert = true;
  let expecting = "";
  let last = "";
  let at = 0;
  const top = (): Container => stack[stack.length - 1]!;
  const needLevel = (): void => {
    if (stack.length > levels - 1) throw new Refusal("LEVELS_EXCEEDED");
  };
  const needValuePlace = (): void => {
    if (top().bracket === "{" && top().count % 2 === 0) throw new Refusal("HKEY_EXPECTED");
  };

  /** Gives false when the string is not there to its end yet. */
  function readString(): boolean {
    const { bracket } = top();
    if (bracket === "") throw new Refusal("STRING_OUTSIDE_CONTAINER");
    const isKey = bracket === "{" && top().count % 2 === 0;
    if (bracket === "{" && !isKey && last !== ":") throw new Refusal("MISSING_TOKEN");
    if (isKey && expecting !== '"') throw new Refusal("STRAY_TOKEN");
    canInsert = false;
    expecting = isKey ? ":" : ",";
    last = "";
    top().count++;
    needLevel();
    const start = ++at;
    for (; at < text.length && text[at] !== '"'; at++) {
      if (text.charCodeAt(at) < 0x14) throw new Refusal("WEIRD_WHITESPACE");
      if (text[at] !== "\\") continue;
      at++;
      if (at < text.length && !'"/\\bfnrtu'.includes(text[at]!)) throw new Refusal("ESCAPE_INVALID");
    }
    if (at >= text.length) return false;
    tokens.push({ kind: isKey ? "key" : "string", text: text.slice(start, at) });
    at++;
    return true;
  }

  /** A number or a word. Gives false when its end is not there yet. */
  function readSpecial(): boolean {
    const first = text[at]!;
    if (!/[-0-9tfn]/.test(first)) {
      throw new Refusal(first === "\0" ? "FOUND_NULL_BYTE" : first < " " ? "WEIRD_WHITESPACE" : "SPECIAL_EXPECTED");
    }
    needValuePlace();
    top().count++;
    if (!canInsert) throw new Refusal("CANT_INSERT");
    needLevel();
    const start = at;
    while (at < text.length && !ends.includes(text[at]!)) at++;
    const token = text.slice(start, at);
    const isWhole = at < text.length;
    const word = words[first];
    if (word !== undefined) {
      if (!word.startsWith(token)) throw new Refusal("SPECIAL_EXPECTED");
      if (isWhole && token !== word) throw new Refusal("SPECIAL_INCOMPLETE");
      if (isWhole) tokens.push({ kind: word });
    } else if (isWhole) {
      if (!isNumber(token)) throw new Refusal("INVALID_NUMBER");
      tokens.push({ kind: "number", text: token });
    }
    canInsert = false;
    expecting = ",";
    last = "";
    return isWhole;
  }

  function close(bracket: string): void {
    if (last === ",") throw new Refusal("TRAILING_COMMA");
    if (top().bracket !== (bracket === "]" ? "[" : "{")) throw new Refusal("BRACKET_MISMATCH");
    if (bracket === "}" && top().count % 2 !== 0) throw new Refusal("VALUE_EXPECTED");
    canInsert = false;
    expecting = ",";
    last = "";
    stack.pop();
    tokens.push({ kind: "close" });
    at++;
  }

  function structure(char: string): void {
    if (char === ":" || char === ",") {
      if (expecting !== char) throw new Refusal("STRAY_TOKEN");
      if (char === ":" || top().bracket !== "{") canInsert = true;
      last = char;
      expecting = '"';
      at++;
    } else if (char === "{" || char === "[") {
      if (!canInsert) throw new Refusal("CANT_INSERT");
      needValuePlace();
      top().count++;
      needLevel();
      stack.push({ bracket: char, count: 0 });
      canInsert = true;
      if (char === "{") expecting = '"';
      last = "";
      tokens.push({ kind: "open", bracket: char });
      at++;
    } else close(char);
  }

  try {
    while (at < text.length) {
      const char = text[at]!;
      if (" \t\n\r".includes(char)) at++;
      else if (char === '"') {
        if (!readString()) break;
      } else if (char === "\\") throw new Refusal("ESCAPE_OUTSIDE_STRING");
      else if (":,{}[]".includes(char)) {
        structure(char);
        if (stack.length === 1) return { tokens, isComplete: true, error: undefined };
      } else if (!readSpecial()) break;
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { tokens, isComplete: false, error: error.code };
  }
  return { tokens, isComplete: false, error: undefined };
}

/** What jsonsl lets through; Lua may still refuse it. */
function isNumber(token: string): boolean {
  if (/^0\d/.test(token) || !/^-?\d/.test(token) || !/\d$/.test(token)) return false;
  const rest = token.replace(/^-/, "");
  if (!/^[\d.eE+-]*$/.test(rest) || /(?<![eE])[+-]/.test(rest)) return false;
  return (rest.match(/\./g) ?? []).length <= 1 && (rest.match(/[eE]/g) ?? []).length <= 1;
}
