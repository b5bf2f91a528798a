/** What commands print: tables and colour for people, JSON for programs. */
import Table from "cli-table3";
import pc from "../colour";

/** One line of JSON, nothing else. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** A table without lines between the rows, so that it can be cut and searched. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head: head.map((title) => pc.dim(title)),
    chars: Object.fromEntries(
      [
        "top",
        "top-mid",
        "top-left",
        "top-right",
        "bottom",
        "bottom-mid",
        "bottom-left",
        "bottom-right",
        "left",
        "left-mid",
        "mid",
        "mid-mid",
        "middle",
        "right",
        "right-mid",
      ].map((place) => [place, ""]),
    ),
    style: { head: [], border: [], "padding-left": 0, "padding-right": 1 },
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** A job's or an execution's status, green when good and red when bad. */
export function paintStatus(status: string): string {
  if (status === "SUCCEEDED" || status === "COMPLETED") return pc.green(status);
  if (status === "FAILED" || status === "REJECTED" || status === "TIMED_OUT") return pc.red(status);
  if (status === "CANCELED" || status === "REMOVED") return pc.yellow(status);
  return pc.cyan(status);
}
