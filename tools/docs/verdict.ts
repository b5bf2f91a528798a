/** Says whether a goal is met; a missed one is not to be overlooked. */
export function verdict(met: boolean): string {
  return met ? "met" : "**missed**";
}
