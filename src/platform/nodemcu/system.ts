/** The chip: restart, memory, console, chance. */
import type { System } from "../../ports";

function bootReason(): string {
  const [roughly, exactly, panics] = node.bootreason();
  if (panics !== undefined && panics > 0) return "crash";
  // 14 and 15 are the watchdogs of timer groups 0 and 1, 22 is brown-out; node.c counts them among the resets by pin.
  if (roughly === 4 || exactly === 14 || exactly === 15) return "watchdog";
  if (roughly === 1 || exactly === 22) return "power";
  return roughly === 2 ? "restart" : "unknown";
}

// math.random begins the same on every board and at every boot; the address differs between boards, the microseconds between boots.
function seed(): void {
  const [ok, address] = pcall(wifi.sta.getmac);
  const [digits] = string.gsub(ok ? address : "", ":", "");
  math.randomseed((tonumber(string.sub(digits, -6), 16) ?? 0) + Math.floor(node.uptime()));
}

/** Phrases about the numbers of this build: stock NodeMCU has int32 and float32. */
export function numberLimits(): string[] {
  const limits: string[] = [];
  const fraction: number = 16777216.5;
  if (math.maxinteger === 2147483647) limits.push("whole numbers up to 2147483647");
  if (fraction === Math.floor(fraction)) limits.push("fractions have 7 digits");
  return limits;
}

export function nodemcuSystem(limits: readonly string[]): System {
  seed();
  return {
    restart: node.restart,
    freeBytes: node.heap,
    bootReason,
    random: (below) => math.random(0, below - 1),
    log: print,
    limits,
  };
}
