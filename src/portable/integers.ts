/** Whole numbers that mean the same in JavaScript and in every number model of Lua, int32 with float32 included. */

/** True for a number without a fraction, below 2^53 in size. */
export function isInteger(value: number): boolean {
  return value === Math.floor(value) && value - value === 0;
}

/** What is wrong with a value that is to be a whole number from `min` to `max`, undefined when nothing is. */
export function rangeProblem(value: unknown, min: number, max: number): string | undefined {
  if (typeof value === "number" && isInteger(value) && value >= min && value <= max) return undefined;
  return `must be a whole number from ${text(min)} to ${text(max)}`;
}

/** Decimal digits of a whole number: a Lua float such as 5.0 would print its ".0". Sound below 2^31. */
export function text(value: number): string {
  return `${Math.floor(value)}`;
}

/**
 * The quotient of two whole numbers, rounded down. 0 <= a <= 2^30, b >= 1. Lua's `/` gives a float32 on stock firmware, so the first
 * quotient may be off; the remainder, which is exact, corrects it.
 */
export function quotient(a: number, b: number): number {
  let q = 0;
  let rest = a;
  while (rest < 0 || rest >= b) {
    const step = Math.floor(rest / b);
    q += step;
    rest -= step * b;
  }
  return q;
}
