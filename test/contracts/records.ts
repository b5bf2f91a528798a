import { equal, show } from "../spec/spec";
import { atOnce, type Contract } from "./contract";
import { everyByte } from "./hashes";

function long(size: number): string {
  return `{"a":"${"x".repeat(size - 8)}"}`;
}

/** What the records owe. Power cuts are the business of other tests. */
export const recordContracts: readonly Contract[] = [
  atOnce("a record that was never written is absent", ({ records }) => equal(records.read("never"), undefined)),
  atOnce("a record is read as it was written", ({ json, records }) => {
    const aboveAscii = json.decode(`{"a":"\\u00e9\\u20ac"}`)?.["a"];
    for (const text of [`{"a":1}`, "", " \n\\\t\"'", show(aboveAscii), everyByte().slice(0, 128)]) {
      equal(records.write("same", text), true);
      equal(records.read("same"), text);
    }
  }),
  atOnce("a record that is written again holds the new text only", ({ records }) => {
    for (const text of ["a longer text", "short", "a longer text again"]) {
      equal(records.write("again", text), true);
      equal(records.read("again"), text);
    }
  }),
  atOnce("a record holds 4000 bytes", ({ records }) => {
    equal(records.write("large", long(4000)), true);
    equal(records.read("large"), long(4000));
  }),
  atOnce("a record that cannot be written keeps its old text", ({ records }) => {
    equal(records.write("kept", "old"), true);
    equal(records.write("kept", long(4001)), false);
    equal(records.read("kept"), "old");
  }),
  atOnce("names of 1 and of 15 letters are taken, and are records of their own", ({ records }) => {
    equal(records.write("a", "one"), true);
    equal(records.write("abcdefghijklmno", "fifteen"), true);
    equal(records.write("abcdefghijklmn", "fourteen"), true);
    equal([records.read("a"), records.read("abcdefghijklmno"), records.read("abcdefghijklmn")], ["one", "fifteen", "fourteen"]);
  }),
  atOnce("names that are too long are refused", ({ records }) => {
    equal(records.write("abcdefghijklmnop", "sixteen"), false);
    equal(records.read("abcdefghijklmnop"), undefined);
  }),
];
