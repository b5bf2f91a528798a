/** make watch: after each change of the sources a virtual board runs the new bundle, and the time from edit to answer is told. */
import { agentBundle } from "./bundle/targets";
import { watchBundle } from "./bundle/watch";
import { firstVersion, luaModules } from "./cli/virtual-board";
import { openStage, type Stage } from "./demo/stage";
import { buildImage } from "./virtual-esp32/image";

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const secondsSince = (thenMs: number): string => ((performance.now() - thenMs) / 1000).toFixed(2);

let stage: Promise<Stage> | undefined;
/** When the change was made that the board is to run next; undefined when it runs all of them. */
let runsMs: number | undefined;
/** The same for the change that it is to be connected with. */
let connectsMs: number | undefined;

/** The board and its service, with the first bundle. It is up when the service has answered its first question. */
async function start(): Promise<Stage> {
  const opened = await openStage((who, text) => say(`${who.padEnd(8)}${text}`));
  opened.service.onTraffic(({ direction, topic }) => {
    if (connectsMs === undefined || direction !== "received" || !topic.endsWith("/get/accepted")) return;
    say(`It is connected ${secondsSince(connectsMs)} s after the edit.`);
    connectsMs = undefined;
  });
  // The agent itself says the first line.
  opened.board.on("line", () => {
    if (runsMs === undefined) return;
    say(`The board runs the new bundle ${secondsSince(runsMs)} s after the edit.`);
    runsMs = undefined;
  });
  bundle.warmUp();
  say("The board is connected. Change a file in src/; Ctrl-C ends.");
  return opened;
}

/** As if the board had been flashed over its serial port: power off, new contents of the slot that runs, power on. */
function reflash({ board }: Stage): void {
  const slot = board.slots().running === "ota_1" ? "ota_1" : "ota_0";
  board.powerOff();
  // firmware/init.lua would wait a second, for a person at the console of a board that keeps failing.
  board.files.write("init.lua", 'node.LFS.get("agent")()');
  board.flash(slot, buildImage({ version: firstVersion, project: "esp32-jobs", sizeBytes: 262_144, modules: luaModules() }));
  board.powerOn();
}

const bundle = watchBundle(agentBundle, {
  built(editedAtMs) {
    if (stage === undefined) {
      stage = start();
      return;
    }
    runsMs ??= editedAtMs;
    connectsMs ??= editedAtMs;
    say(`compiled ${secondsSince(editedAtMs)} s after the edit`);
    void stage.then(reflash);
  },
  failed: (problems) => say(problems.join("\n")),
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void Promise.resolve(stage?.then((opened) => opened.close())).finally(() => process.exit(0)));
}
