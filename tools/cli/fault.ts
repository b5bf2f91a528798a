/** esp32-jobs fault …: makes the local service misbehave, on purpose and repeatably. */
import { Command } from "commander";
import { faultKinds, faultOperations, type FaultOrder } from "../jobs-service/rules/fault-input";
import { fraction } from "./numbers";
import { printJson, table } from "./output";
import { defaultPlace } from "./place";

interface Common {
  readonly dir: string;
  readonly json?: boolean;
}

interface AddOptions extends Common {
  readonly thing?: string;
  readonly on?: string[];
  readonly at?: string;
  readonly probability?: number;
  readonly count?: number;
  readonly after?: number;
  readonly seed?: number;
  readonly delay?: number;
  readonly speed?: number;
}

async function call(dir: string, method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const { callLocal } = await import("./local-service");
  return callLocal(dir, method, path, body);
}

async function add(fault: string, options: AddOptions): Promise<void> {
  const order = {
    fault,
    target: options.thing,
    operations: options.on,
    at: options.at,
    probability: options.probability,
    count: options.count,
    after: options.after,
    seed: options.seed,
    delayMs: options.delay,
    bytesPerSecond: options.speed,
  };
  const made = await call(options.dir, "POST", "/_local/faults", order);
  if (options.json === true) printJson(made);
  else process.stdout.write(`fault ${String(made["id"])} is on; it ends with: esp32-jobs fault clear ${String(made["id"])}\n`);
}

async function list({ dir, json }: Common): Promise<void> {
  const faults = (await call(dir, "GET", "/_local/faults"))["faults"] as (FaultOrder & { id: string; seen: number; done: number })[];
  if (json === true) return printJson(faults);
  if (faults.length === 0) return void process.stdout.write("no faults are on\n");
  const rows = faults.map(({ id, fault, target = "every thing", operations, probability, done, seen }) => [
    id,
    fault,
    target,
    operations.join(" "),
    String(probability),
    `${done} of ${seen}`,
  ]);
  process.stdout.write(`${table(["ID", "FAULT", "THING", "ON", "PROBABILITY", "HAPPENED"], rows)}\n`);
}

async function clear(id: string | undefined, { dir, json }: Common): Promise<void> {
  await call(dir, "DELETE", id === undefined ? "/_local/faults" : `/_local/faults/${encodeURIComponent(id)}`);
  if (json === true) printJson({ cleared: id ?? "all" });
  else process.stdout.write(id === undefined ? "all faults are off\n" : `fault ${id} is off\n`);
}

/** The `fault` command. */
export function faultCommand(): Command {
  const fault = new Command("fault")
    .description("make the local service lose, delay or refuse things, on purpose and repeatably")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs fault add drop --on update --probability 0.3 --seed 7\n  $ esp32-jobs fault clear");
  const sub = (name: string, description: string, example: string): Command =>
    fault
      .command(name)
      .description(description)
      .option("--dir <folder>", "where the service was started", defaultPlace)
      .option("--json", "print JSON")
      .addHelpText("after", `\nExample:\n  $ esp32-jobs fault ${example}`);
  sub("add <fault>", `switch a fault on: ${faultKinds.join(", ")}`, "add throttle --thing lamp-01 --count 3")
    .option("--thing <name>", "for this thing alone (default: every thing)")
    .option("--on <operations...>", `of ${faultOperations.join(", ")} (default: whatever the fault can act on)`)
    .option("--at <moment>", "request, reply or after-reply, where the fault knows more than one")
    .option("--probability <number>", "how likely it is each time, 0 to 1 (default: 1)", fraction)
    .option("--count <number>", "at most so many times (default: no end)", fraction)
    .option("--after <number>", "let so many pass first (default: 0)", fraction)
    .option("--seed <number>", "the same seed and the same order of events give the same faults", fraction)
    .option("--delay <ms>", "for delay and reorder", fraction)
    .option("--speed <bytes>", "for slow-download: bytes per second", fraction)
    .action(add);
  sub("list", "list the faults that are on, and how often each has happened", "list").action(list);
  sub("clear [id]", "switch one fault off, or all", "clear").action(clear);
  return fault;
}
