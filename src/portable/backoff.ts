/** The pause before the next try: doubles from `firstMs` up to `longestMs`. `tries` counts the failures so far, from 0. */
export function backoffMs(tries: number, firstMs: number, longestMs: number): number {
  let pause = firstMs;
  for (let n = 0; n < tries && pause < longestMs; n++) pause += pause;
  return pause < longestMs ? pause : longestMs;
}
