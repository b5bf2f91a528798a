/** A virtual board as it leaves the bench: firmware with the bundle in its first slot, identity in its file system, or in NVS where the firmware is ours. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { agentBundle, isFresh, root } from "../bundle/targets";
import { identityNamespace } from "../firmware/identity-keys";
import { createBoard, type Board, type BoardOptions } from "../virtual-esp32";
import { buildImage, type LuaModules } from "../virtual-esp32/image";
import { CommandFailed } from "./failing";

/** The text of the bundle that boards run, built first where a source has changed: by a program of its own, since the compilers take long to load. */
export function readBundle(): string {
  if (!isFresh(agentBundle)) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "tools/cli/bin.mjs"), "bundle"], { encoding: "utf8" });
    if (status !== 0) throw new CommandFailed(`${stdout}${stderr}`.trim());
  }
  return readFileSync(agentBundle.luaFile, "utf8");
}

/** What the firmware's Lua Flash Store holds: `init`, which our firmware boots, and the agent. */
export function luaModules(agent = readBundle()): LuaModules {
  return { init: readFileSync(join(root, "firmware/init.lua"), "utf8"), agent };
}

/** What an ESP32 takes in over TLS while Lua writes it to flash, roughly. */
const linkBytesPerSecond = 160_000;

/** The first version that a new virtual board runs. */
export const firstVersion = "1.0.0";

export interface BenchOptions extends BoardOptions {
  readonly identity: Readonly<Record<string, string>>;
}

/** Makes a board and gives it identity; and today's firmware, unless a job has brought it another. It is off. */
export function prepareBoard({ identity, ...options }: BenchOptions): Board {
  // Built before the board is made: the board reads the source map beside it.
  const modules = luaModules();
  const board = createBoard({
    sourceMap: `${agentBundle.luaFile}.map`,
    mqttBufferBytes: 4096,
    stackBytes: 16384,
    linkBytesPerSecond,
    ...options,
  });
  const { running, versions } = board.slots();
  if (running === "" || (running === "ota_0" && versions["ota_0"] === firstVersion)) {
    board.flash("ota_0", buildImage({ version: firstVersion, project: "esp32-jobs", sizeBytes: 262_144, modules }));
  }
  if (options.firmware !== "jobsfw") board.files.write("init.lua", modules["init"] ?? "");
  for (const [name, contents] of Object.entries(identity)) {
    if (options.firmware === "jobsfw") board.nvs.write(identityNamespace, name, contents);
    else board.files.write(name, contents);
  }
  return board;
}
