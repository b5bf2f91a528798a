import type { JsonValue } from "../../src/ports";
import { equal, ok, show } from "../spec/spec";
import { atOnce, type Contract } from "./contract";

/** Objects one in the other, `inside` in the innermost. */
function objects(levels: number, inside: string): string {
  let text = `{${inside}}`;
  for (let level = 1; level < levels; level++) text = `{"a":${text}}`;
  return text;
}

/** An object with arrays one in the other, `inside` in the innermost. */
function arrays(levels: number, inside: string): string {
  let text = `[${inside}]`;
  for (let level = 2; level < levels; level++) text = `[${text}]`;
  return `{"a":${text}}`;
}

function reads(sentence: string, text: string, value: { readonly [name: string]: JsonValue }): Contract {
  return atOnce(`JSON: ${sentence}`, ({ json }) => equal(json.decode(text), value));
}

function refuses(sentence: string, texts: readonly string[]): Contract {
  return atOnce(`JSON: ${sentence}`, ({ json }) => {
    for (const text of texts) {
      const value = json.decode(text);
      ok(value === undefined, `${show(text)} was read as ${show(value)}`);
    }
  });
}

/** What the JSON reader owes. */
export const jsonContracts: readonly Contract[] = [
  reads("reads objects, arrays, texts, numbers and claims", `{"o":{"b":[1,"x",true]},"n":-12,"f":1.5,"t":"text","y":true,"no":false}`, {
    o: { b: [1, "x", true] },
    n: -12,
    f: 1.5,
    t: "text",
    y: true,
    no: false,
  }),
  reads("reads an empty object", "{}", {}),
  reads("does not mind white space", ` \t\r\n{ "a" :\n[ 1 , 2 ] } \r\n`, { a: [1, 2] }),
  reads("leaves null members out, at every level", `{"a":null,"b":{"c":null,"d":1},"e":[{"f":null}]}`, { b: { d: 1 }, e: [{}] }),
  reads("takes the last of two members of the same name", `{"a":1,"a":2}`, { a: 2 }),
  reads("takes escapes", `{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041","\\u0062":1}`, { a: '"\\/\b\f\n\r\tA', b: 1 }),
  atOnce("JSON: gives an escape above ASCII as the text that the platform itself would read", ({ json }) => {
    const text = json.decode(`{"a":"\\u00e9\\u20ac"}`)?.["a"];
    ok(typeof text === "string" && text.length >= 2 && text !== "\\u00e9\\u20ac", show(text));
    equal(json.decode(`{"${show(text).slice(1, -1)}":${show(text)}}`), { [show(text).slice(1, -1)]: text });
  }),
  reads("reads whole numbers up to 2^31 - 1 exactly", `{"a":2147483647,"b":-2147483647,"c":0}`, { a: 2147483647, b: -2147483647, c: 0 }),
  atOnce("JSON: reads 18 levels with something in the innermost, and 19 with nothing", ({ json }) => {
    for (const text of [
      objects(18, `"a":1`),
      objects(18, `"a":null`),
      arrays(18, "1"),
      arrays(18, `""`),
      objects(19, ""),
      arrays(19, ""),
    ]) {
      ok(json.decode(text) !== undefined, `${text} was refused`);
    }
  }),
  refuses("refuses more levels", [
    objects(19, `"a":1`),
    objects(19, `"a":null`),
    arrays(19, "1"),
    arrays(19, `""`),
    objects(20, ""),
    arrays(20, ""),
    objects(1000, ""),
    arrays(1000, ""),
  ]),
  refuses("refuses what is not an object", ["[]", "[1]", `[{"a":1}]`, `"text"`, "12", "true", "null", ""]),
  refuses("refuses a null inside an array", [`{"a":[null]}`, `{"a":[1,null]}`, `{"a":[null,1]}`, `{"a":{"b":[[null]]}}`]),
  refuses("refuses an object that is not complete", ["{", `{"a"`, `{"a":`, `{"a":1`, `{"a":[1`, `{"a":"x`, `{"a":1,`]),
  refuses("refuses what only looks like JSON", [
    "text",
    `{a:1}`,
    `{'a':1}`,
    `{"a":1,}`,
    `{"a":[1,]}`,
    `{"a" 1}`,
    `{"a":nil}`,
    `{"a":"\n"}`,
  ]),
  refuses("refuses text after the object", [`{"a":1}x`, `{"a":1}{"b":2}`, `{"a":1}]`, "{}}"]),
  atOnce("JSON: a member that nobody wrote is absent, whatever its name", ({ json }) => {
    const value = json.decode("{}");
    for (const name of ["constructor", "toString", "length", "__proto__", "1"]) equal(value?.[name], undefined);
    equal(json.decode(`{"length":1}`)?.["length"], 1);
  }),
];
