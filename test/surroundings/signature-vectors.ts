/** Signatures right and wrong, made anew for each run: no private key lies in the project. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";

export interface SignatureVector {
  readonly name: string;
  readonly signer: string;
  readonly message: string;
  /** As a job document has it. */
  readonly signature: string;
  readonly isRight: boolean;
}

/** The number of points of P-256 (SEC 2, 2.4.2). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const message = "an image of which every byte counts";

const fromHex = (hex: string): Buffer => Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
const numberOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex")}`);

/** An INTEGER of DER, in its shortest form, or with these zeros too many. */
function integer(value: bigint, zeros = 0): Buffer {
  const bytes = fromHex(value.toString(16));
  const padded = Buffer.concat([Buffer.alloc(zeros + (bytes[0]! > 127 ? 1 : 0)), bytes]);
  return Buffer.concat([Buffer.from([2, padded.length]), padded]);
}
function sequence(...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/** The two numbers of a signature over the message. */
function numbersOf(key: KeyObject, text = message): { readonly r: bigint; readonly s: bigint } {
  const raw = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
  return { r: numberOf(raw.subarray(0, 32)), s: numberOf(raw.subarray(32)) };
}

/** Signs until the signature is of the kind wanted. */
function until<T>(make: () => T, isWanted: (made: T) => boolean): T {
  for (let tries = 0; tries < 100_000; tries++) {
    const made = make();
    if (isWanted(made)) return made;
  }
  throw new Error("no such signature came about");
}

/** Every kind of vector. */
export function signatureVectors(): readonly SignatureVector[] {
  const ours = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const larger = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signer = ours.publicKey.export({ type: "spki", format: "pem" }).toString();
  const key = ours.privateKey;
  const vectors: SignatureVector[] = [];
  const add = (isRight: boolean, name: string, der: Buffer | string, text = message): void => {
    const signature = typeof der === "string" ? der : der.toString("base64");
    vectors.push({ name, signer, message: text, signature, isRight });
  };

  const high = 1n << 255n;
  const { r, s } = until(
    () => numbersOf(key),
    (made) => made.r >= high && made.s < high,
  );
  const good = sequence(integer(r), integer(s));
  add(true, "right, r with its highest bit", good);
  for (const sizeBytes of [70, 71, 72]) {
    const make = (): Buffer => sign("sha256", Buffer.from(message), key);
    add(
      true,
      `right, of ${sizeBytes} bytes`,
      until(make, ({ length }) => length === sizeBytes),
    );
  }
  const short = until(
    () => numbersOf(key),
    (made) => made.r < 1n << 247n,
  );
  add(true, "right, with a shorter number", sequence(integer(short.r), integer(short.s)));
  add(true, "right, with the other of the two s that ECDSA allows", sequence(integer(r), integer(order - s)));
  add(true, "right, over nothing", sign("sha256", Buffer.alloc(0), key), "");

  add(false, "another key's", sign("sha256", Buffer.from(message), other.privateKey));
  add(false, "over another image", good, `${message}.`);
  add(false, "over another algorithm's digest", sign("sha512", Buffer.from(message), key));
  add(false, "over the digest of the digest", sign("sha256", createHash("sha256").update(message).digest(), key));
  add(false, "on another curve", sign("sha256", Buffer.from(message), larger.privateKey));
  add(false, "by RSA", sign("sha256", Buffer.from(message), rsa.privateKey));
  add(false, "r and s exchanged", sequence(integer(s), integer(r)));
  for (const [name, wrong] of [
    ["zero", 0n],
    ["one", 1n],
    ["the order", order],
  ] as const) {
    add(false, `r is ${name}`, sequence(integer(wrong), integer(s)));
    add(false, `s is ${name}`, sequence(integer(r), integer(wrong)));
  }
  add(false, "s is beyond the order", sequence(integer(r), integer(s + order)));

  add(false, "empty", "");
  add(false, "two numbers without DER", sign("sha256", Buffer.from(message), { key, dsaEncoding: "ieee-p1363" }));
  add(false, "a byte short", good.subarray(0, -1));
  add(false, "half", good.subarray(0, good.length / 2));
  add(false, "one byte", good.subarray(0, 1));
  add(false, "a byte long", Buffer.concat([good, Buffer.alloc(1)]));
  add(false, "a byte long inside", sequence(integer(r), integer(s), Buffer.alloc(1)));
  add(false, "three numbers", sequence(integer(r), integer(s), integer(1n)));
  add(false, "one number", sequence(integer(r)));
  add(false, "no numbers", sequence());
  add(false, "a number of no bytes", sequence(integer(r), Buffer.from([2, 0])));
  add(false, "a SET for the SEQUENCE", Buffer.concat([Buffer.from([0x31]), good.subarray(1)]));
  add(false, "an OCTET STRING for the first number", Buffer.concat([good.subarray(0, 2), Buffer.from([4]), good.subarray(3)]));
  add(
    false,
    "a number that says it is longer than everything",
    Buffer.concat([good.subarray(0, 3), Buffer.from([0x7f]), good.subarray(4)]),
  );
  add(false, "not canonical: a length in the long form", Buffer.concat([Buffer.from([0x30, 0x81, good.length - 2]), good.subarray(2)]));
  add(false, "not canonical: a length left open", Buffer.concat([Buffer.from([0x30, 0x80]), good.subarray(2), Buffer.alloc(2)]));
  add(false, "not canonical: a zero too many before r", sequence(integer(r, 1), integer(s)));
  add(false, "not canonical: a zero too many before s", sequence(integer(r), integer(s, 1)));
  const negative = Buffer.concat([Buffer.from([2, 32]), fromHex(r.toString(16))]);
  add(false, "not canonical: r without the zero that keeps it positive", sequence(negative, integer(s)));

  const text = good.toString("base64");
  add(false, "no base64", "*".repeat(96));
  add(false, "hexadecimal", good.toString("hex"));
  add(false, "base64 with a line end", `${text.slice(0, 64)}\n${text.slice(64)}`);
  add(false, "base64 with a blank at the end", `${text} `);
  const padded = until(
    () => sign("sha256", Buffer.from(message), key).toString("base64"),
    (made) => made.endsWith("=") && !made.endsWith("=="),
  );
  add(true, "right, base64 with padding", padded);
  add(false, "base64 without its padding", padded.slice(0, -1));
  add(false, "base64 with padding twice", `${padded}=`);
  // The last character before one "=" carries two bits that mean nothing.
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const loose = alphabet.charAt(alphabet.indexOf(padded.at(-2)!) + 1);
  add(false, "base64 with bits that mean nothing", `${padded.slice(0, -2)}${loose}=`);
  const special = until(
    () => sign("sha256", Buffer.from(message), key).toString("base64"),
    (made) => made.includes("+") && made.includes("/"),
  );
  add(true, "right, base64 with + and /", special);
  add(false, "base64 for URLs", special.replaceAll("+", "-").replaceAll("/", "_"));
  return vectors;
}
