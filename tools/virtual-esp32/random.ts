/** Chance that can be had again: the same seed gives the same numbers. */

/** Gives numbers from 0 up to, not including, 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** C's `rand()` of newlib, which nothing seeds on the chip: the same sequence after every boot on every board. */
export function newlibRand(): { next(): number; seed(value: number): void } {
  let state = 1n;
  return {
    next() {
      state = BigInt.asUintN(64, state * 6364136223846793005n + 1n);
      return Number((state >> 32n) & 0x7fffffffn);
    },
    seed(value) {
      state = BigInt(value >>> 0);
    },
  };
}
