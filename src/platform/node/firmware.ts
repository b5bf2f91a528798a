/** Firmware updates into the slot that does not run. The images are real and so are their checks; only, nothing executes them. */
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Firmware, FirmwareInfo, Refusal } from "../../ports";
import { checkImage, imageMagic } from "./image";
import { reasonOf } from "./reason";
import { otherSlot, readOtaData, writeOtaData, type Booted, type OtaData } from "./slots";

/** As large as a slot of the board with the project's partition table. */
const slotBytes = 0x180000;

/** `restart` is called by a rollback. `stop` gives up an update that is under way. */
export function nodeFirmware(dir: string, booted: Booted, restart: () => void): Firmware & { stop(): void } {
  const running = booted.slot;
  const target = otherSlot(running);
  const path = join(dir, `${target}.bin`);
  let info: FirmwareInfo = booted.info;
  let file: number | undefined;
  let writtenBytes = 0;

  function close(): void {
    const open = file;
    file = undefined;
    if (open !== undefined) closeSync(open);
  }
  /** Ports do not throw: a full or broken disk is a reason. */
  function attempt(step: () => Refusal): Refusal {
    try {
      return step();
    } catch (error) {
      return reasonOf(error);
    }
  }
  function change(how: (data: OtaData) => void): void {
    const data = readOtaData(dir);
    if (data === undefined) throw new Error("otadata.json is gone");
    how(data);
    writeOtaData(dir, data);
  }

  return {
    info: () => info,
    target: () => ({ slot: target, sizeBytes: slotBytes }),
    begin() {
      if (info.state === "trial") return "the running firmware is on trial";
      return attempt(() => {
        close();
        // From here on the old contents are lost: nobody may boot them any more.
        change((data) => {
          delete data.slots[target];
          data.boot = running;
        });
        file = openSync(path, "w", 0o600);
        writtenBytes = 0;
        return undefined;
      });
    },
    write(chunk) {
      const open = file;
      if (open === undefined) return "no update was begun";
      if (chunk.length === 0) return undefined;
      if (writtenBytes === 0 && chunk.charCodeAt(0) !== imageMagic) return "not a firmware image: it does not begin with 0xE9";
      if (writtenBytes + chunk.length > slotBytes) return `the image is larger than the slot (${slotBytes} bytes)`;
      return attempt(() => {
        const bytes = Buffer.from(chunk, "latin1");
        for (let at = 0; at < bytes.length;) at += writeSync(open, bytes, at);
        writtenBytes += bytes.length;
        return undefined;
      });
    },
    activate() {
      const open = file;
      if (open === undefined) return "no update was begun";
      return attempt(() => {
        ftruncateSync(open, writtenBytes);
        fsyncSync(open);
        close();
        const image = checkImage(readFileSync(path));
        if ("problem" in image) return image.problem;
        change((data) => {
          data.slots[target] = { state: "new", ...image };
          data.boot = target;
        });
        return undefined;
      });
    },
    accept() {
      if (info.state !== "trial") return undefined;
      return attempt(() => {
        change((data) => {
          const slot = data.slots[running];
          if (slot !== undefined) slot.state = "valid";
        });
        info = { ...info, state: "accepted" };
        return undefined;
      });
    },
    rollback() {
      return attempt(() => {
        if (readOtaData(dir)?.slots[target]?.state !== "valid") return "no other firmware to go back to";
        change((data) => {
          const slot = data.slots[running];
          if (slot !== undefined) slot.state = "invalid";
          data.boot = target;
        });
        restart();
        return undefined;
      });
    },
    stop: () => void attempt(() => (close(), undefined)),
  };
}
