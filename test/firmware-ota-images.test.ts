/** Images that are not the right ones, over the air, whose documents are nevertheless true of them: what each kind of board makes of them. */
import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { luaModules, readBundle } from "../tools/cli/virtual-board";
import { buildImage } from "../tools/virtual-esp32/image";
import { openWorld, type World } from "./stories/world";
import { imageFor } from "./surroundings/firmware-images";

let world: World;
afterEach(() => world.close());

const slotBytes = 0x180000;
const imageOf = (project: string, sizeBytes = 300_000): Buffer =>
  buildImage({ version: "2.0.0", project, sizeBytes, modules: luaModules(readBundle()) });
const good = imageOf("esp32-jobs");

/** How a job ends that brings an image; `size` is in its document, unless it is left out. */
async function ending(firmware: "stock" | "jobsfw", image: Buffer, size: number | undefined): Promise<string> {
  world = await openWorld({ board: { firmware } });
  world.board.powerOn();
  const digest = (algorithm: string): string => createHash(algorithm).update(image).digest("hex");
  const url = world.service.putObject("image.bin", image);
  world.createJob("update", { action: "ota", version: "2.0.0", url, md5: digest("md5"), sha256: digest("sha256"), size });
  const how = await world.ended("update");
  return `${how}: ${world.details("update")["reason"] ?? ""}`;
}

describe.each(["stock", "jobsfw"] as const)("a board with %s firmware", { timeout: 30_000 }, (firmware) => {
  test.each([
    ["of another chip", imageFor(good, "esp32c3"), /^FAILED IMAGE_INVALID: the image was refused: validation failed$/],
    ["of another project", imageOf("hello_world"), /^FAILED IMAGE_INVALID: the image is not of this firmware's project, esp32-jobs$/],
    ["that was cut", good.subarray(0, 200_000), /^FAILED IMAGE_INVALID: the image was refused: validation failed$/],
    ["that was cut after its header", good.subarray(0, 24), /^FAILED IMAGE_INVALID: the image was refused: validation failed$/],
    ["with a changed bit", Buffer.from(good).fill(1, 60_000, 60_001), /^FAILED IMAGE_INVALID: the image was refused: validation failed$/],
    ["that is no image", Buffer.from("#!/bin/sh\n"), /^FAILED IMAGE_INVALID: the download does not begin like an ESP32 image/],
    [
      "for larger slots",
      imageOf("esp32-jobs", slotBytes + 16),
      /^FAILED FLASH_FAILED: the slot could not be written at byte 15\d\d\d\d\d: ota error$/,
    ],
  ])("refuses an image %s, and keeps the firmware it has", async (_, image, sentence) => {
    expect(await ending(firmware, image, image.length)).toMatch(sentence);
    expect(world.board.slots()).toMatchObject({ running: "ota_0", next: "ota_0" });
    world.createJob("after", { action: "describe" });
    expect(await world.ended("after")).toBe("SUCCEEDED");
    expect(world.details("after")).toMatchObject({ version: "1.0.0", slot: "ota_0", state: "accepted" });
  });

  test("takes one that was padded, when the document's digests are of it as it is: flash is longer than images, too", async () => {
    const padded = Buffer.concat([good, Buffer.alloc(1000, 0xff)]);
    expect(await ending(firmware, padded, undefined)).toBe("SUCCEEDED: ");
    expect(world.board.slots()).toMatchObject({ running: "ota_1", states: { ota_1: "valid" } });
  });
});
