/** The parts of a bundle's text: each begins with a comment that names its source file. */

/** Stands in the place of a file's name for TypeScriptToLua's library. */
export const libraryName = "lualib";

/** What one source file became. */
export interface Part {
  readonly name: string;
  readonly text: string;
}

/** In the order of the bundle. */
export function partsOf(lua: string): Part[] {
  return lua
    .split(/^(?=-- \S+$)/m)
    .map((text) => ({ name: /^-- (\S+)/.exec(text)?.[1] ?? "", text }))
    .filter(({ name }) => name !== "");
}

/** The bundle without a part's code: only the names that others use of it are left. */
export function withoutPart(lua: string, part: Part): string {
  const names = [...part.text.matchAll(/^local (?:function )?([\w, ]+)/gm)].map((found) => found[1]?.trim() ?? "");
  return lua.replace(part.text, () => (names.length === 0 ? "\n" : `local ${names.join(", ")}\n`));
}
