/** Finds where a JSON object ends, also when its text comes in pieces. Nothing else is checked. */

/** How far it was followed. */
export interface Braces {
  depth: number;
  /** Inside of quotes. */
  inText: boolean;
  /** 1 when the piece before ended in a backslash: what it escapes is the first byte of the next one. */
  skip: number;
}

export function newBraces(): Braces {
  return { depth: 0, inText: false, skip: 0 };
}

/** The place (from 1) of the brace that closes the outermost object, undefined when it is not in this piece. */
export function closing(braces: Braces, piece: string): number | undefined {
  let at = 1 + braces.skip;
  while (true) {
    // lua-types does not say that nothing may be found.
    const found = string.find(piece, braces.inText ? '["\\]' : '["{}]', at)[0] as number | undefined;
    if (found === undefined) break;
    const byte = string.byte(piece, found);
    at = found + 1;
    if (byte === 34) braces.inText = !braces.inText;
    else if (byte === 92) at++;
    else if (byte === 123) braces.depth++;
    else {
      braces.depth--;
      if (braces.depth <= 0) return found;
    }
  }
  braces.skip = at > piece.length + 1 ? 1 : 0;
  return undefined;
}
