/** An image for a board's NVS partition: the writer against a reader that was written from Espressif's pages alone. */
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeNvs } from "../tools/firmware/nvs/image";
import { NvsDamage, readNvs } from "../tools/firmware/nvs/read";
import { nvsIntegerTypes, type NvsEntry, type NvsValue } from "../tools/firmware/nvs/values";

const size = 0x6000;
const page = 4096;
const u8 = (value: number): NvsValue => ({ type: "u8", value: BigInt(value) });
const entry = (key: string, value: NvsValue, namespace = "identity"): NvsEntry => ({ namespace, key, value });
const blob = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 0xff);

/** Bytes and texts alike, so that what was read can be compared with what was given. */
const plain = (entries: readonly NvsEntry[]): unknown[] =>
  entries.map(({ value, ...rest }) => ({
    ...rest,
    value: value instanceof Uint8Array ? { blob: Buffer.from(value).toString("hex") } : value,
  }));

function readBack(entries: readonly NvsEntry[], sizeBytes = size): unknown[] {
  const { entries: read, erasedEntries } = readNvs(writeNvs(entries, sizeBytes).image);
  expect(erasedEntries).toBe(0);
  return plain(read);
}

describe("an NVS image", () => {
  test("has the very bytes of Espressif's own: espressif/esp-idf, nvs_flash/test_apps_bootloader/main/nvs_partition.bin", () => {
    const image = writeNvs(
      [
        entry("u8_key", u8(255), "storage"),
        entry("i8_key", { type: "i8", value: -128n }, "storage"),
        entry("u16_key", { type: "u16", value: 65535n }, "storage"),
      ],
      size,
    ).image.toString("hex");
    // The page's sequence, version and CRC. Its state is one of the two things that differ: that generator closed every page.
    expect(image.slice(8, 64)).toBe(`00000000fe${"ff".repeat(19)}842dbab9`);
    expect(image.slice(64, 66)).toBe("aa"); // Four entries are written.
    expect(image.slice(128, 128 + 4 * 64)).toBe(
      "000101ff09a9500773746f72616765000000000000000000" + "01ffffffffffffff" +
        "010101ff4dd4514375385f6b657900000000000000000000" + "ffffffffffffffff" +
        "011101fff82135ac69385f6b657900000000000000000000" + "80ffffffffffffff" +
        "010201ff987c78927531365f6b6579000000000000000000" + "ffffffffffffffff",
    ); // prettier-ignore
  });

  test("fills the last entry of a value with what an erased flash has", () => {
    const { image } = writeNvs([entry("t", "ab"), entry("b", Uint8Array.of(1))], size);
    expect(image.toString("hex", 128, 160)).toBe(`616200${"ff".repeat(29)}`);
    expect(image.toString("hex", 192, 224)).toBe(`01${"ff".repeat(31)}`);
  });

  test.each([
    [3519, 0, "14 entries, 416 bytes, are left"],
    [3551, 1, "13 entries, 384 bytes, are left"],
  ])("begins a blob in a page only where 400 bytes of it have room there: after a text of %i, in page %i", (length, where) => {
    const { image } = writeNvs([entry("t", "x".repeat(length)), entry("b", blob(1000))], size);
    const types = [0, 1].map((number) => image.subarray(number * page + 64, (number + 1) * page));
    const has = types.map((entries) => Array.from({ length: 126 }, (_, at) => entries[at * 32 + 1]).some((type) => type === 0x42));
    expect(has.indexOf(true)).toBe(where);
  });

  test("has the CRC of nothing that nvs_flash writes for a blob of no bytes: all ones", () => {
    const { image } = writeNvs([entry("b", new Uint8Array(0), "a")], size);
    expect(image.toString("hex", 96, 128)).toBe(`0142010081bdc69762${"00".repeat(15)}0000ffffffffffff`);
    expect(readBack([entry("b", new Uint8Array(0), "a")])).toEqual(plain([entry("b", new Uint8Array(0), "a")]));
  });

  test("keeps its last page empty, has one open page, and closes those before it", () => {
    const { image } = writeNvs([entry("a", blob(9000)), entry("b", blob(1))], size);
    const states = Array.from({ length: size / page }, (_, n) => image.readUInt32LE(n * page));
    expect(states).toEqual([0xfffffffc, 0xfffffffc, 0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff]);
    expect(image.length).toBe(size);
    expect(image.subarray(5 * page).every((byte) => byte === 0xff)).toBe(true);
  });

  const name = fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 15,
  });
  const integer = fc.constantFrom(...nvsIntegerTypes).chain((type) => {
    const bits = BigInt(type.slice(1));
    const [min, max] = type.startsWith("i") ? [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n] : [0n, 2n ** bits - 1n];
    return fc.bigInt({ min, max }).map((value) => ({ type, value }));
  });
  const text = fc.string({ unit: "binary", maxLength: 200 }).filter((value) => !value.includes("\0"));
  const longText = fc.integer({ min: 3900, max: 3999 }).map((length) => "x".repeat(length));
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 3000, max: 9000 }).map(blob));
  const values = fc.uniqueArray(
    fc.record({
      namespace: fc.oneof(fc.constantFrom("identity", "records"), name),
      key: name,
      value: fc.oneof(integer, text, longText, bytes),
    }),
    { selector: ({ namespace, key }) => `${namespace}\0${key}`, minLength: 1, maxLength: 30 },
  );

  test("gives back whatever was put in, in any mixture of namespaces, types and lengths", () => {
    fc.assert(
      fc.property(values, (entries) => {
        expect(readBack(entries, 0x80000)).toEqual(plain(entries));
      }),
      { numRuns: 150 },
    );
  });

  test("has the same values on few pages as on many, or says which value has no room", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 3, max: 12 }), (entries, pages) => {
        let read: unknown;
        try {
          read = readBack(entries, pages * page);
        } catch (error) {
          expect((error as Error).message).toMatch(
            /^there is no room for ".+": an NVS partition of \d+ bytes holds \d+ pages of 4096 bytes$/,
          );
          return;
        }
        expect(read).toEqual(plain(entries));
      }),
      { numRuns: 150 },
    );
  });

  test.each([0, 1, 31, 32, 33, 3967, 3968, 3969, 3999, 4000, 4001, 4032, 7968, 8000, 8001, 16000])(
    "holds a blob of %i bytes, from each place of a page",
    (length) => {
      for (const before of [0, 1, 110, 111, 112, 113, 122, 123, 124, 125]) {
        const entries = [
          ...Array.from({ length: before }, (_, n) => entry(`n${n}`, u8(n))),
          entry("blob", blob(length)),
          entry("end", u8(7)),
        ];
        expect(readBack(entries, 0x8000)).toEqual(plain(entries));
      }
    },
  );

  test("holds as much as five pages of six do, and tells what is left for the firmware", () => {
    // 630 entries: a name of a namespace, an index, and five chunks with one entry for their name.
    const most = (5 * 126 - 1 - 1 - 5) * 32;
    expect(readBack([entry("a", blob(most))])).toHaveLength(1);
    expect(writeNvs([entry("a", blob(most))], size).freeEntries).toBe(0);
    expect(() => writeNvs([entry("a", blob(most + 1))], size)).toThrow('there is no room for "identity/a"');
    expect(writeNvs([entry("a", blob(64))], size).freeEntries).toBe(630 - 1 - 3 - 1);
  });

  test.each<[string, NvsEntry[], number, string]>([
    [
      "a key of 16 characters",
      [entry("k".repeat(16), u8(1))],
      size,
      `the key "${"k".repeat(16)}" has 16 characters, and NVS keeps at most 15`,
    ],
    ["a namespace of 16 characters", [entry("k", u8(1), "n".repeat(16))], size, `the namespace "${"n".repeat(16)}" has 16 characters`],
    ["no key", [entry("", u8(1))], size, "a key in NVS must have a name"],
    ["a key that is not ASCII", [entry("schlüssel", u8(1))], size, 'the key "schlüssel" must be plain ASCII'],
    ["a key with a NUL", [entry("a\0b", u8(1))], size, "must be plain ASCII"],
    ["a key twice", [entry("k", u8(1)), entry("k", "text")], size, 'the key "identity/k" is given twice'],
    [
      "a text over one page",
      [entry("k", "x".repeat(4000))],
      size,
      'the text of "k" has 4001 bytes with its NUL, and one page holds 4000: store it as a blob',
    ],
    ["a text with a NUL", [entry("k", "a\0b")], size, 'the text of "k" holds a NUL, at which it would end'],
    ["a number too large", [entry("k", u8(256))], size, 'the value of "k", 256, does not fit u8'],
    ["two pages", [], 0x2000, "at least three: 8192 bytes are none"],
    ["half a page", [], 0x6800, "has whole pages of 4096 bytes"],
    ["a blob for 128 chunks", [entry("k", blob(127 * 4000))], 0x100000, 'the blob "k" has 508000 bytes, more than NVS keeps'],
    ["255 namespaces", Array.from({ length: 255 }, (_, n) => entry("k", u8(1), `n${n}`)), size, "there are more than 254 namespaces"],
  ])("is refused for %s, with the name of what is wrong", (_what, entries, sizeBytes, sentence) => {
    expect(() => writeNvs(entries, sizeBytes)).toThrow(sentence);
  });
});

describe("a damaged NVS image", () => {
  const entries = [
    entry("settings.json", blob(300)),
    entry("retries", u8(3)),
    entry("name", "lamp"),
    entry("key.pem", blob(4100), "other"),
  ];
  const { image } = writeNvs(entries, 0x3000);
  const good = plain(entries);

  test("is noticed, whichever single bit is wrong, unless nothing that counts is changed", { timeout: 60_000 }, () => {
    const counts = { refused: 0, erased: 0, harmless: 0 };
    for (let bit = 0; bit < image.length * 8; bit++) {
      const at = bit >> 3;
      image[at]! ^= 1 << (bit & 7);
      try {
        const { entries: read, erasedEntries } = readNvs(image);
        // An image that no board has run on has no erased entries: whoever wrote it can tell.
        if (erasedEntries > 0) counts.erased++;
        else if (JSON.stringify(plain(read), big) === JSON.stringify(good, big)) counts.harmless++;
        else throw new Error(`bit ${bit & 7} of byte ${at} changes what is read`);
      } catch (error) {
        if (!(error instanceof NvsDamage)) throw error;
        expect(error.message).toMatch(/^[a-z"].+[^.]$/);
        counts.refused++;
      } finally {
        image[at]! ^= 1 << (bit & 7);
      }
    }
    expect(counts.refused).toBeGreaterThan(40_000);
    expect(counts.erased).toBeLessThan(20);
    expect(readNvs(image).erasedEntries).toBe(0);
  });

  test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ["cut", (bytes) => bytes.subarray(0, 5000), /^its length, 5000 bytes, is no multiple of 4096$/],
    ["cut by a page", (bytes) => bytes.subarray(0, 0x2000), /^it has fewer than three pages$/],
    [
      "without its first page",
      (bytes) => Buffer.concat([bytes.subarray(page), bytes.subarray(2 * page)]),
      /is in a namespace that does not exist/,
    ],
    [
      "without its second page",
      (bytes) => Buffer.concat([bytes.subarray(0, page), bytes.subarray(2 * page), bytes.subarray(2 * page)]),
      /a piece of "key\.pem" belongs to nothing/,
    ],
    ["with a page twice", (bytes) => Buffer.concat([bytes, bytes.subarray(0, page)]), /two pages have the same place in the order/],
    ["empty", (bytes) => bytes.fill(0xff), /^nothing is in it$/],
    ["of another kind", (bytes) => bytes.fill(0xe9), /^page 0 is neither active nor full$/],
    [
      "without an empty page",
      (bytes) => Buffer.concat([bytes.subarray(0, 2 * page), writeNvs(entries, 0x3000).image.subarray(0, page)]),
      /no page is empty, and NVS needs one/,
    ],
  ])("is refused with a sentence when it is %s", (_what, damage, sentence) => {
    expect(() => readNvs(damage(Buffer.from(image)))).toThrow(sentence);
  });

  test("never makes the reader do anything but refuse it, not even with sums that fit the damage", () => {
    const change = fc.record({
      slot: fc.integer({ min: 0, max: 250 }),
      field: fc.integer({ min: 0, max: 31 }),
      value: fc.integer({ min: 0, max: 255 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = Buffer.from(image);
        for (const { slot, field, value } of changes) {
          // Entries of both pages, 125 of each.
          const row = bytes.subarray(Math.floor(slot / 126) * page + 64 + (slot % 126) * 32).subarray(0, 32);
          row[field] = value;
          row.writeUInt32LE(crc32(row.subarray(8), crc32(row.subarray(0, 4), 0xffffffff)), 4);
        }
        try {
          readNvs(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(NvsDamage);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("a board's own pages, moved about in flash, are read in their order", () => {
    const swapped = Buffer.concat([image.subarray(2 * page), image.subarray(page, 2 * page), image.subarray(0, page)]);
    expect(plain(readNvs(swapped).entries)).toEqual(good);
  });
});

function big(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
