/** Every spec file, by name. A test holds this list against the folder. */
import { spec as agent } from "./agent.spec";
import { spec as integers } from "./integers.spec";
import { spec as messages } from "./messages.spec";
import { spec as portable } from "./portable.spec";
import { spec as pulse } from "./pulse.spec";
import { spec as refusal } from "./refusal.spec";
import { spec as restart } from "./restart.spec";
import { spec as safeMode } from "./safe-mode.spec";
import { spec as settings } from "./settings.spec";
import { spec as signedUpdate } from "./signed-update.spec";
import type { Spec } from "./spec";
import { spec as trouble } from "./trouble.spec";
import { spec as update } from "./update.spec";
import { spec as virtualDevice } from "./virtual-device.spec";

export const specs: Record<string, Spec> = {
  agent,
  integers,
  messages,
  portable,
  pulse,
  refusal,
  restart,
  "safe-mode": safeMode,
  settings,
  "signed-update": signedUpdate,
  trouble,
  update,
  "virtual-device": virtualDevice,
};
