/** The Lua programs of this computer that can check ours, and one sentence for each that is missing. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../bundle/targets";

/** A Lua interpreter and its compiler, by the numbers that it computes with. */
export interface LuaMachine {
  readonly name: "int64 and double" | "int32 and float32";
  /** What has these numbers. */
  readonly like: string;
  readonly lua: string;
  readonly luac: string;
  /** Why it cannot be used; undefined when it can. */
  readonly missing: string | undefined;
}

function answers(program: string): boolean {
  return spawnSync(program, ["-v"]).status === 0;
}

/** Lua with the numbers of stock NodeMCU, which `build.sh` makes. */
export const narrowLua = { lua: join(root, "build/native-lua/lua"), luac: join(root, "build/native-lua/luac") };

/** Both, present or not. */
export function luaMachines(): readonly LuaMachine[] {
  return [
    {
      name: "int64 and double",
      like: "our firmware",
      lua: "lua5.3",
      luac: "luac5.3",
      missing: answers("lua5.3") && answers("luac5.3") ? undefined : "lua5.3 is not installed",
    },
    {
      name: "int32 and float32",
      like: "stock NodeMCU",
      ...narrowLua,
      missing: existsSync(narrowLua.lua) ? undefined : "it is built where gcc -m32, apt-get and dpkg-source are present (make native-lua)",
    },
  ];
}
