/** The modules of the firmware: those of our configuration, and no others. */
import type { Chip } from "../chip";
import type { LuaModules } from "../image";
import { registerCrypto } from "./crypto";
import { registerEncoder } from "./encoder";
import { registerFile } from "./file";
import { registerGpio } from "./gpio";
import { registerHttp } from "./http";
import { registerIo } from "./io";
import { registerJobsfw } from "./jobsfw";
import { registerMqtt } from "./mqtt";
import { registerNode } from "./node";
import { registerOtaupgrade } from "./otaupgrade";
import { registerRtcmem } from "./rtcmem";
import { registerSjson } from "./sjson";
import { registerTime } from "./time";
import { registerTmr } from "./tmr";
import type { AccessPoint } from "./wifi";
import { registerWifi } from "./wifi";

/** `modules` is the Lua in the running image's embedded flash store. Gives the control over the air around the board. */
export function registerModules(chip: Chip, modules: LuaModules | undefined): AccessPoint {
  registerIo(chip);
  registerFile(chip);
  registerTmr(chip);
  registerGpio(chip);
  registerNode(chip, modules);
  registerMqtt(chip);
  registerHttp(chip);
  registerOtaupgrade(chip);
  registerSjson(chip);
  registerCrypto(chip);
  registerEncoder(chip);
  registerTime(chip);
  registerRtcmem(chip);
  if (chip.component !== undefined) registerJobsfw(chip, chip.component);
  return registerWifi(chip);
}
