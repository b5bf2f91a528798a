/** Whole numbers must come out the same with int64 and double, with int32 and float32, and in JavaScript. */
import { isInteger, quotient, text } from "../../src/portable/integers";
import { equal, ok } from "./spec";
import type { Spec } from "./spec";

/** Kept from the compilers' eyes, so that it is the running machine that computes. */
function given(value: number): number {
  return value;
}

/** The definition of a quotient, in multiplication only: that is exact in every number model. */
function isQuotient(q: number, a: number, b: number): boolean {
  return q * b <= a && a - q * b < b;
}

export const spec: Spec = {
  "prints a whole number without a point, even where the machine holds it as a float": () => {
    equal(text(given(2.5) * 2), "5");
    equal(text(given(0.5) * 4000), "2000");
    equal(text(given(0) * 0.5), "0");
    equal(text(0 - given(2.5) * 2), "-5");
  },

  "prints the ends of 32 bits, and a time in seconds, digit for digit": () => {
    equal(text(given(2147483647)), "2147483647");
    equal(text(0 - given(2147483647)), "-2147483647");
    equal(text(given(1489096425)), "1489096425");
    equal(text(given(16777217)), "16777217"); // one more than a float32 can count
  },

  "divides epoch seconds into minutes rightly for a whole hour of consecutive seconds": () => {
    // With `/` and float32 this is wrong for 2210 of these 3600 seconds.
    const from = given(1058400000);
    for (let n = 0; n < 3600; n++) {
      const q = quotient(from + n, 60);
      if (!isQuotient(q, from + n, 60)) ok(false, `quotient(${text(from + n)}, 60) gave ${text(q)}`);
    }
  },

  "divides at the edges: by one, by itself, by more, up to 2^30": () => {
    equal(text(quotient(given(1073741824), 1)), "1073741824");
    equal(text(quotient(given(1073741823), 2)), "536870911");
    equal(text(quotient(given(1073741823), 1073741823)), "1");
    equal(text(quotient(given(1073741823), 1073741824)), "0");
    equal(text(quotient(given(0), 7)), "0");
    equal(text(quotient(given(1234567), 10)), "123456");
  },

  "divides sizes into per cent without a fraction": () => {
    equal(text(quotient(given(629145) * 100, 1258291)), "49");
    equal(text(quotient(given(1258291) * 100, 1258291)), "100");
  },

  "knows whole numbers from fractions, infinities and not-a-number": () => {
    let infinite = given(65536.5);
    for (let n = 0; n < 10; n++) infinite *= infinite;
    ok(isInteger(given(2.5) * 2), "5.0 is whole");
    ok(isInteger(given(2147483647)), "2^31-1 is whole");
    ok(isInteger(0 - given(7)), "-7 is whole");
    ok(!isInteger(given(2.5)), "2.5 is not");
    ok(!isInteger(given(0) - 0.25), "-0.25 is not");
    ok(!isInteger(infinite), "infinity is not");
    ok(!isInteger(infinite - infinite), "not-a-number is not");
  },
};
