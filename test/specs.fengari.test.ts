/** Every spec inside fengari: Lua 5.3 with int32 and double. */
import { readFileSync } from "node:fs";
import { specBundle } from "../tools/bundle/targets";
import { runInFengari } from "./lua/fengari";
import { testsFromLua } from "./lua/results";

const seed = Number(process.env["SEED"] ?? 1);

testsFromLua(`fengari (SEED=${seed})`, specBundle, () => runInFengari(readFileSync(specBundle.luaFile), "spec.lua", seed));
