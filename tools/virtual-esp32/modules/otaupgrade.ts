/** otaupgrade.c over app_update: one open update, a slot that is erased whole, and a trial that any reset ends. */
import type { Chip } from "../chip";
import { Fault } from "../fault";
import { slotBytes } from "../flash";
import { findImageProblem, readDescription } from "../image";
import { lauxlib, lua } from "../lua";
import type { SlotName } from "../otadata";
import { acceptRunning, bootNext, giveUpRunning, nextSlot, slotNames, slotState } from "../otadata";
import { raise, setFunctions } from "../bind";

/** Erasing 64 KB of flash takes about 0.15 s: all of a slot is 24 such blocks. */
const eraseMs = 3600;
/** Reading back and hashing a slot of 1.2 MB. */
const validateMs = 400;
const magic = 0xe9;

export function registerOtaupgrade(chip: Chip): void {
  const { vm, flash, running } = chip;
  let next: SlotName | undefined;
  let handle: { slot: SlotName; sizeBytes: number } | undefined;

  vm.addModule("otaupgrade", (L) =>
    setFunctions(L, {
      commence(state) {
        next = running === "ota_0" ? "ota_1" : "ota_0";
        if (slotState(flash, running) === "testing") raise(state, "can't upgrade from unconfirmed firmware");
        const slot = next;
        flash.write(
          `${slot} (erase)`,
          () => flash.setSlot(slot, Buffer.alloc(0)),
          (part) =>
            flash.setSlot(
              slot,
              Buffer.concat([
                Buffer.alloc(Math.floor(part * flash.slot(slot).length), 0xff),
                flash.slot(slot).subarray(Math.floor(part * flash.slot(slot).length)),
              ]),
            ),
        );
        handle = { slot, sizeBytes: 0 };
        chip.block(eraseMs);
        return 0;
      },
      write(state) {
        const bytes = lauxlib.luaL_checkstring(state, 1);
        if (bytes.length === 0) return 0;
        const update = handle ?? raise(state, "write not possible, use otaupgrade.commence() first");
        if (update.sizeBytes === 0 && bytes[0] !== magic) raise(state, "not a valid ota image");
        if (update.sizeBytes + bytes.length > slotBytes) raise(state, "ota error");
        flash.write(
          update.slot,
          () => flash.appendSlot(update.slot, bytes),
          (part) => flash.appendSlot(update.slot, bytes.subarray(0, Math.floor(part * bytes.length))),
        );
        update.sizeBytes += bytes.length;
        return 0;
      },
      complete(state) {
        const target = next ?? raise(state, "no upgrade in progress");
        const update = handle;
        handle = undefined;
        if (update === undefined) raise(state, "ota error");
        if (update.sizeBytes === 0) raise(state, "empty firmware image");
        chip.block(validateMs);
        if (findImageProblem(flash.slot(target)) !== undefined) raise(state, "validation failed");
        bootNext(flash, target);
        next = undefined;
        // An argument that is no number raises only now: the boot slot has been switched.
        if (lauxlib.luaL_optinteger(state, 1, 0) !== 0) throw new Fault("restart", "restart");
        return 0;
      },
      accept(state) {
        if (!acceptRunning(flash)) raise(state, "firmware accept failed");
        return 0;
      },
      rollback(state) {
        if (!giveUpRunning(flash, running)) raise(state, "no other firmware to roll back to");
        throw new Fault("restart", "rollback");
      },
      info(state) {
        lua.lua_pushstring(state, running);
        lua.lua_pushstring(state, nextSlot(flash));
        lua.lua_newtable(state);
        for (const slot of slotNames) {
          lua.lua_newtable(state);
          const slotIs = slotState(flash, slot);
          // A slot without an entry of its own in otadata gets an empty table.
          if (slotIs !== undefined) {
            const image = readDescription(flash.slot(slot));
            const fields: Record<string, string> = { state: slotIs };
            if (image !== undefined) {
              Object.assign(fields, {
                name: image.project,
                version: image.version,
                date: image.date,
                time: image.time,
                idf_version: image.idfVersion,
              });
              lua.lua_pushinteger(state, image.secureVersion);
              lua.lua_setfield(state, -2, "secure_version");
            }
            for (const [name, value] of Object.entries(fields)) {
              lua.lua_pushstring(state, value);
              lua.lua_setfield(state, -2, name);
            }
          }
          lua.lua_setfield(state, -2, slot);
        }
        return 3;
      },
    }),
  );
}
