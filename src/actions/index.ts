/** The catalogue: everything a job can ask of this device. An action is one file and one line here. */
import type { Action } from "./action";
import { blink } from "./blink";
import { describe } from "./describe";
import { ota } from "./ota";
import { reboot } from "./reboot";

export const actions: readonly Action[] = [blink, describe, ota, reboot];
