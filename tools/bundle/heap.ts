/** The memory that the agent takes on a board, measured in Lua with 32-bit pointers and numbers. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { narrowLua } from "../native-lua/machines";

/** Lua memory of an agent that has booted, joined the network and asked for its first job, above that of an empty VM. */
export interface Heap {
  /** From stripped bytecode, as `node.compile` and the firmware image hold it. */
  readonly bytecodeBytes: number;
  /** What of it is not code: what the agent takes where its code lies in flash, as with the Lua Flash Store. */
  readonly withoutCodeBytes: number;
  /** From the text of the bundle, which keeps names and line numbers in memory. */
  readonly textBytes: number;
}

const settings = { thingName: "measured", endpoint: "broker.example", wifi: { ssid: "workshop", password: "open sesame" } };

/** What AWS gives a thing: its own root certificate, a certificate and an RSA key. They stay in memory for the next connection. */
const pemBytes = { "ca.pem": 1188, "cert.pem": 1224, "key.pem": 1679 };

/** Undefined where Lua with 32-bit numbers was not built. Throws when the agent does not come up. */
export function measureHeap(luaFile: string): Heap | undefined {
  if (!existsSync(narrowLua.lua)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "esp32-jobs-"));
  const after = (bundle: string): { readonly bytes: number; readonly dataBytes: number } => {
    const script = fileURLToPath(new URL("heap.lua", import.meta.url));
    const result = spawnSync(narrowLua.lua, [script, bundle], { cwd: folder, encoding: "utf8" });
    if (result.status !== 0) throw new Error(`measuring memory: ${result.stderr}`);
    const [bytes = NaN, dataBytes = NaN] = result.stdout.trim().split(" ").map(Number);
    return { bytes, dataBytes };
  };
  try {
    writeFileSync(join(folder, "settings.json"), JSON.stringify(settings));
    for (const [name, sizeBytes] of Object.entries(pemBytes)) writeFileSync(join(folder, name), "x".repeat(sizeBytes));
    const bytecode = join(folder, "agent.lc");
    execFileSync(narrowLua.luac, ["-s", "-o", bytecode, luaFile]);
    const { bytes, dataBytes } = after(bytecode);
    return { bytecodeBytes: bytes, withoutCodeBytes: dataBytes, textBytes: after(luaFile).bytes };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
