/** What is flashed, read from a build: whatever does not fit together is refused with one sentence, before a port is opened. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { flashSizeOf, parseFlashArgs } from "../tools/firmware/flash-args";
import { planFlash } from "../tools/firmware/flash-plan";
import { parseManifest } from "../tools/firmware/manifest";
import { findNvsProblem } from "../tools/firmware/nvs-check";
import { parsePartitionTable } from "../tools/firmware/partition-table";
import { buildImage } from "../tools/virtual-esp32/image";
import { identityImage, makeBuild, manifestOf, type BuildOptions } from "./surroundings/firmware-build";
import { imageFor, partitionTable, rows } from "./surroundings/firmware-images";

type Change = NonNullable<BuildOptions["change"]>;

function refusal(change: Change): string {
  try {
    planFlash({ from: makeBuild({ change }) });
  } catch (error) {
    return (error as Error).message;
  }
  return "no refusal";
}

describe("flash_args", () => {
  test("has options and files, in the order of writing", () => {
    const args = parseFlashArgs(
      "--flash_mode dio --flash_freq 40m --flash_size 4MB\n0x1000 bootloader/bootloader.bin\n0x20000 my app.bin\n",
    );
    expect(args.options).toEqual({ flash_mode: "dio", flash_freq: "40m", flash_size: "4MB" });
    expect(args.files).toEqual([
      { offset: 0x1000, file: "bootloader/bootloader.bin" },
      { offset: 0x20000, file: "my app.bin" },
    ]);
    expect(flashSizeOf(args)).toBe(0x400000);
  });

  test("may be written the way of newer versions, with Windows line ends", () => {
    const args = parseFlashArgs("--flash-mode dio\r\n--flash-size 16MB\r\n0x0 a.bin\r\n");
    expect(args.words).toEqual(["--flash-mode", "dio", "--flash-size", "16MB"]);
    expect(flashSizeOf(args)).toBe(0x1000000);
  });

  test.each([
    ["", "flash_args names no file"],
    ["0x1000", 'flash_args, line 1: not of the form OFFSET FILE: "0x1000"'],
    ["0x1000 a\n4096 b", 'flash_args, line 2: the offset is not a number of the form 0x1000: "4096 b"'],
    ["0x1000 a\n0x01000 b", "flash_args, line 2: a second file for the same offset"],
    ["--flash_mode", "flash_args, line 1: an option has no value"],
    ["--encrypt yes\n0x0 a", "flash_args, line 1: the option --encrypt is unknown"],
  ])("refuses %j", (text, sentence) => {
    expect(() => parseFlashArgs(text)).toThrow(sentence);
  });
});

describe("manifest.json", () => {
  const good = JSON.parse(manifestOf(Buffer.from("image"))) as Record<string, unknown>;

  test("describes the image; fields from elsewhere do no harm", () => {
    expect(parseManifest(JSON.stringify({ ...good, signature: "MEUCIQ==", builtWith: "v5.1.3" }))).toEqual({
      ...good,
      signature: "MEUCIQ==",
    });
  });

  test.each([
    ["{", "manifest.json is not JSON"],
    ["[]", "manifest.json is not an object"],
    [{ chip: "esp8266" }, '"chip" must be one of esp32, esp32s3, esp32c3'],
    [{ chip: "toString" }, '"chip" must be one of'],
    [{ version: "" }, '"version" must be a text that is not empty'],
    [{ version: "v".repeat(32) }, '"version" is longer than 31 bytes'],
    [{ image: "../nodemcu.bin" }, '"image" must be the name of a file in the same folder'],
    [{ size: "12" }, '"size" must be a number of bytes'],
    [{ size: -1 }, '"size" must be a number of bytes'],
    [{ md5: "A".repeat(32) }, '"md5" must be 32 lower-case hex digits'],
    [{ sha256: "00" }, '"sha256" must be 64 lower-case hex digits'],
    [{ signature: "?" }, '"signature" must be base64'],
  ])("is refused: %j", (change, sentence) => {
    const text = typeof change === "string" ? change : JSON.stringify({ ...good, ...change });
    expect(() => parseManifest(text)).toThrow(sentence);
  });
});

describe("a partition table", () => {
  test("is read as gen_esp32part.py writes it", () => {
    expect(parsePartitionTable(partitionTable()).map(({ label, offset }) => [label, offset])).toEqual(rows.map((row) => [row[0], row[3]]));
  });

  test("that is damaged is refused", () => {
    const table = partitionTable();
    table[40]! ^= 1;
    expect(() => parsePartitionTable(table)).toThrow("its MD5 is wrong");
    expect(() => parsePartitionTable(Buffer.alloc(0xc00, 0xff))).toThrow("is empty");
    expect(() => parsePartitionTable(Buffer.alloc(64))).toThrow("row 1 is none");
  });
});

describe("an identity image", () => {
  test("is sound with its CRCs, and damaged when any byte that counts has changed", () => {
    const image = identityImage("lamp:01");
    expect(findNvsProblem(image)).toBeUndefined();
    for (const at of [0, 4, 28, 64, 70, 100, 128, 130]) {
      const damaged = Buffer.from(image);
      damaged[at]! ^= 0x04;
      expect(findNvsProblem(damaged), `byte ${at}`).toBeDefined();
    }
  });

  test.each([
    [Buffer.alloc(0), "is no multiple of 4096"],
    [Buffer.alloc(5000), "is no multiple of 4096"],
    [Buffer.alloc(4096, 0xff), "fewer than three pages"],
    [Buffer.alloc(0x6000, 0xff), "nothing is in it"],
    [Buffer.alloc(0x6000), "page 0 is neither active nor full"],
  ])("is refused when it is something else", (image, sentence) => {
    expect(findNvsProblem(image)).toContain(sentence);
  });

  test("is refused where the build has no room for it, or it is none", () => {
    const from = makeBuild();
    const identity = join(from, "nvs.bin");
    writeFileSync(identity, "-----BEGIN CERTIFICATE-----");
    expect(() => planFlash({ from, identity })).toThrow(`${identity} is no sound identity image`);
    writeFileSync(identity, Buffer.concat([identityImage(), Buffer.alloc(0x6000, 0xff)]));
    expect(() => planFlash({ from, identity })).toThrow("has 36864 bytes, and the partition nvs 24576");
    expect(() => planFlash({ from, identity: join(from, "none.bin") })).toThrow("none.bin is missing");
    const without = makeBuild({ change: (files) => (files["partition_table/partition-table.bin"] = partitionTable(rows.slice(1))) });
    expect(() => planFlash({ from: without, identity })).toThrow("has no NVS partition");
  });

  test("fills its partition, so that no page of an earlier one is left", () => {
    const from = makeBuild();
    const identity = join(from, "nvs.bin");
    writeFileSync(identity, identityImage());
    const part = planFlash({ from, identity }).parts.at(-1);
    expect(part).toMatchObject({ offset: 0x9000 });
    expect(part?.bytes.length).toBe(0x6000);
    expect(part?.bytes.subarray(0, 12288).equals(identityImage())).toBe(true);
  });
});

describe("a build is refused", () => {
  const app = buildImage({ version: "1.2.3", project: "esp32-jobs", sizeBytes: 120_000, modules: { init: "print('hello')" } });
  const withApp =
    (image: Buffer, fields = {}): Change =>
    (files) => {
      files["nodemcu.bin"] = image;
      files["manifest.json"] = manifestOf(image, fields);
    };
  const args =
    (from: string | RegExp, to: string): Change =>
    (files) =>
      (files["flash_args"] = String(files["flash_args"]).replace(from, to));

  test.each<[string, Change, string]>([
    ["was never made", (files) => (files["flash_args"] = undefined), "build the firmware first, with: make firmware NODEMCU="],
    ["a file is missing", (files) => (files["nodemcu.bin"] = undefined), "nodemcu.bin is missing"],
    ["a file is empty", (files) => (files["ota_data_initial.bin"] = ""), "ota_data_initial.bin is empty"],
    ["the image was cut", (files) => (files["nodemcu.bin"] = app.subarray(0, 100_000)), "nodemcu.bin is damaged: segment 1"],
    [
      "the image was padded",
      (files) => (files["nodemcu.bin"] = Buffer.concat([app, Buffer.alloc(4096, 0xff)])),
      "it has 124096 bytes instead of 120000",
    ],
    ["a bit of the image has changed", withApp(Buffer.from(app).fill(1, 60_000, 60_001)), "nodemcu.bin is damaged"],
    ["the image is another build's", (files) => (files["manifest.json"] = manifestOf(app, { md5: "0".repeat(32) })), "its MD5 differs"],
    ["the image has another version", withApp(app, { version: "1.2.4" }), "its version is 1.2.3 instead of 1.2.4"],
    ["the image is another project's", withApp(app, { project: "blinky" }), "its project is esp32-jobs instead of blinky"],
    [
      "the image is for another chip",
      withApp(imageFor(app, "esp32c3")),
      "nodemcu.bin is for the ESP32-C3, and manifest.json for the ESP32",
    ],
    [
      "the boot loader is for another chip",
      (files) => (files["bootloader/bootloader.bin"] = imageFor(files["bootloader/bootloader.bin"] as Buffer, "esp32s3")),
      "bootloader.bin is for the ESP32-S3",
    ],
    ["the app is no image", withApp(Buffer.from("#!/bin/sh\n")), "nodemcu.bin is no image for an ESP32: it begins with 0x23"],
    ["the boot loader is at another chip's place", args("0x1000 ", "0x0 "), "is to go to 0x0; the boot loader of the ESP32 is at 0x1000"],
    ["there is no partition table", args(/0x8000.*\n/, ""), "flash_args names no partition table at 0x8000"],
    ["the manifest's image is not flashed", args(/0x20000.*\n/, ""), "flash_args does not name nodemcu.bin"],
    ["the app goes elsewhere", args("0x20000", "0x21000"), "0x21000, where no app partition begins"],
    ["a file goes where nothing begins", args("0xf000", "0x10000"), "ota_data_initial.bin is to go to 0x10000, where no partition begins"],
    [
      "the image is for larger slots",
      withApp(buildImage({ version: "1.2.3", project: "esp32-jobs", sizeBytes: 0x180010 })),
      "nodemcu.bin has 1572880 bytes, and the partition ota_0 only 1572864",
    ],
    [
      "the boot loader reaches into the table",
      (files) => (files["bootloader/bootloader.bin"] = buildImage({ version: "", project: "b", sizeBytes: 0x7010 })),
      "has 28688 bytes, and the room before the partition table only 28672",
    ],
    ["the flash is too small for the table", args("4MB", "2MB"), "has flash_size 4MB in its header, and flash_args 2MB: build again"],
    [
      "the boot loader takes the flash for a smaller one than the table",
      (files) => {
        const bootloader = files["bootloader/bootloader.bin"] as Buffer;
        bootloader[3] = 0x10; // 2 MB
        createHash("sha256")
          .update(bootloader.subarray(0, -32))
          .digest()
          .copy(bootloader, bootloader.length - 32);
        args("4MB", "keep")(files);
      },
      "bootloader.bin takes the flash for 2 MB, and the partition table ends at 0x400000: build again",
    ],
    ["the header asks for another mode", args("dio", "qio"), "has flash_mode dio in its header, and flash_args qio"],
  ])("when %s", (_, change, sentence) => {
    expect(refusal(change)).toContain(sentence);
  });
});

test("a plan wants the latest of the chip revisions that its images want", () => {
  const from = makeBuild({
    chip: "esp32c3",
    change(files) {
      const bootloader = files["bootloader/bootloader.bin"] as Buffer;
      bootloader.writeUInt16LE(3, 15);
      createHash("sha256")
        .update(bootloader.subarray(0, -32))
        .digest()
        .copy(bootloader, bootloader.length - 32);
    },
  });
  expect(planFlash({ from }).minRevision).toBe(3);
  expect(planFlash({ from: makeBuild() }).minRevision).toBe(0);
});
