/** Job documents as the command line gives them. */
import { WrongUsage } from "./failing";
import { readTextFile } from "./named-files";

/** JSON, @FILE, or the short form `blink count=5`; gives the JSON text. */
export function readDocument(words: readonly string[]): string {
  const first = words[0] ?? "";
  const source = first.startsWith("@") ? readTextFile(first.slice(1)) : /^[{[]/.test(first) ? words.join(" ") : shortForm(words);
  try {
    JSON.parse(source);
  } catch (error) {
    throw new WrongUsage(`the job document is not JSON: ${(error as Error).message}`);
  }
  return source;
}

// Digits alone are a number, unless they stand in quotes: version='"2"'.
function shortForm([action, ...fields]: readonly string[]): string {
  const document: Record<string, unknown> = { action };
  for (const field of fields) {
    const equals = field.indexOf("=");
    if (equals < 1) throw new WrongUsage(`"${field}" is not of the form NAME=VALUE`);
    const value = field.slice(equals + 1);
    document[field.slice(0, equals)] = /^-?\d+$/.test(value) ? Number(value) : /^".*"$/.test(value) ? value.slice(1, -1) : value;
  }
  return JSON.stringify(document);
}

/** A job id that tells what the job does and when it was made. */
export function newJobId(document: string): string {
  const action = (JSON.parse(document) as { action?: unknown } | null)?.action;
  const word = typeof action === "string" ? action.replace(/[^a-zA-Z0-9_-]/g, "-").slice(0, 40) : "job";
  return `${word}-${Date.now().toString(36)}`;
}
