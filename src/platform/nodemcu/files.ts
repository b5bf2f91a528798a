/** Files on SPIFFS: flat names of at most 31 characters, without a leading slash ("/a" and "a" are different files). */

/** The contents of a file, undefined when there is none. */
export function readFile(name: string): string | undefined {
  const [opened] = io.open(name, "rb");
  if (opened === undefined) return undefined;
  const text = opened.read("a");
  opened.close();
  return text;
}

/** True when the file now holds exactly this: read back, because writes are buffered and errors come late. */
export function writeFile(name: string, text: string): boolean {
  const [opened] = io.open(name, "wb");
  if (opened === undefined) return false;
  opened.write(text);
  opened.close();
  return readFile(name) === text;
}

/**
 * A certificate or key. mbedTLS takes a text for PEM only when its counted length includes a NUL, and mqtt.c counts none: a plain
 * one fails to connect with reason -6. Module http takes both.
 */
export function withNul(text: string | undefined): string | undefined {
  return text === undefined || string.byte(text, -1) === 0 ? text : `${text}\0`;
}
