/** esp32-jobs clock: shows the local service's clock, or moves it on. */
import { Command, InvalidArgumentError } from "commander";
import { printJson } from "./output";
import { defaultPlace } from "./place";

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `+2h`, `+90s`, `+1h30m`, in milliseconds. A clock only goes forward. */
function readAdvance(text: string): number {
  const parts = [...text.matchAll(/(\d{1,6})([smhd])/g)];
  if (!/^\+(\d{1,6}[smhd])+$/.test(text)) throw new InvalidArgumentError("must be like +90s, +2h or +1d12h: a clock only goes forward");
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitMs[unit as keyof typeof unitMs], 0);
}

async function clock(advanceMs: number | undefined, { dir, json }: { readonly dir: string; readonly json?: boolean }): Promise<void> {
  const { callLocal } = await import("./local-service");
  const { now } =
    advanceMs === undefined ? await callLocal(dir, "GET", "/_local/clock") : await callLocal(dir, "POST", "/_local/clock", { advanceMs });
  if (json === true) printJson({ now });
  else process.stdout.write(`it is ${new Date(Number(now) * 1000).toISOString()} in the service\n`);
}

/** The `clock` command. */
export function clockCommand(): Command {
  return new Command("clock")
    .description("show the local service's clock, or move it on: what is due by then happens, each at its moment")
    .argument("[advance]", "such as +2h, +90s or +1d12h", readAdvance)
    .option("--dir <folder>", "where the service was started", defaultPlace)
    .option("--json", "print JSON: now, in seconds since 1970")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs clock +2h")
    .action(clock);
}
