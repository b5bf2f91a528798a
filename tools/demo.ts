/** make demo: jobs travel through a local AWS IoT Jobs service into a virtual ESP32. With --json: one JSON object, nothing else. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pc from "./colour";
import { sentenceOf } from "./cli/failing";
import { printJson } from "./cli/output";
import { openStage } from "./demo/stage";
import { tellStory } from "./demo/story";
import { closingTable, timeline } from "./demo/timeline";

const json = process.argv.includes("--json");
const startMs = performance.now();
const { tell, chapter } = json ? { tell: () => undefined, chapter: () => undefined } : timeline(startMs);

async function demo(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "esp32-jobs-demo-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

  chapter("A Jobs service and a freshly provisioned board start");
  const stage = await openStage(tell, dir);
  const jobs = await tellStory(stage, chapter);
  const { running, versions } = stage.board.slots();
  const board = { version: versions[running] ?? "unknown", slot: running };
  const pins = stage.board.pins();
  await stage.close();
  if (json) printJson({ jobs, board, pins });
  else {
    process.stdout.write(`\n${closingTable(jobs)}\n\n`);
    process.stdout.write(
      `The board now runs version ${pc.bold(board.version)} from ${board.slot}. ${((performance.now() - startMs) / 1000).toFixed(1)} s.\n`,
    );
  }
}

demo().catch((error: unknown) => {
  process.stderr.write(`esp32-jobs: ${sentenceOf(error)}\n`);
  process.exit(1);
});
