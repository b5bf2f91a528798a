/** The contracts inside the virtual board: compiled to Lua, held against the adapters of the firmware. */
import { createBoard } from "../../tools/virtual-esp32";
import { buildImage } from "../../tools/virtual-esp32/image";
import { compileForBoard } from "./board-program";
import type { Broker } from "./broker";
import type { MovableTime } from "./movable-time";
import type { Web } from "./web";

/** Prints a line for each contract: its sentence and the reason, or "kept", tab between. */
const program = `
import { proveAll } from "../../test/contracts/contract";
import { allContracts } from "../../test/contracts/index";
import { readSettings, type Settings } from "../../src/settings";
import { nodemcuClock } from "../../src/platform/nodemcu/clock";
import { readFile } from "../../src/platform/nodemcu/files";
import { nodemcuFirmware } from "../../src/platform/nodemcu/firmware";
import { nodemcuGpio } from "../../src/platform/nodemcu/gpio";
import { nodemcuHashes } from "../../src/platform/nodemcu/hashes";
import { nodemcuHttp } from "../../src/platform/nodemcu/http";
import { nodemcuJson } from "../../src/platform/nodemcu/json";
import { nodemcuMqtt } from "../../src/platform/nodemcu/mqtt";
import { jobsfwAbilities } from "../../src/platform/nodemcu/jobsfw";
import { stockAbilities } from "../../src/platform/nodemcu/stock";
import { nodemcuSystem } from "../../src/platform/nodemcu/system";
import { joinNetwork } from "../../src/platform/nodemcu/wifi";

const values = nodemcuJson.decode(readFile("settings.json") ?? "") ?? {};
const settings = readSettings(values) as Settings;
const abilities = jobsfw === undefined ? stockAbilities() : jobsfwAbilities(jobsfw, false);
const system = nodemcuSystem(abilities, []);
const network = joinNetwork(nodemcuClock, settings.wifi, (line) => system.log(line));
const subject = {
  clock: nodemcuClock,
  firmware: nodemcuFirmware,
  gpio: nodemcuGpio,
  hashes: nodemcuHashes,
  http: nodemcuHttp(readFile("ca.pem"), abilities.maxUrlBytes),
  json: nodemcuJson,
  mqtt: nodemcuMqtt(nodemcuClock, network, settings, undefined, abilities),
  records: abilities.records,
  signatures: undefined,
  system,
  web: values["web"] as string,
  trustedWeb: values["trustedWeb"] as string,
  strangeWeb: values["strangeWeb"] as string,
  deadWeb: values["deadWeb"] as string,
};
network.waiting = () =>
  proveAll(
    allContracts(),
    subject,
    (sentence, reason) => print(\`contract\\t\${sentence}\\t\${reason ?? "kept"}\`),
    () => print("contracts proved"),
  );
`;

/** The reason by sentence; undefined where the contract was kept. */
export async function proveOnBoard(
  web: Web,
  broker: Broker,
  time: MovableTime,
  firmware: "stock" | "jobsfw",
): Promise<Map<string, string | undefined>> {
  const results = new Map<string, string | undefined>();
  const { ca, web: plain, trustedWeb, strangeWeb, deadWeb } = web;
  const settings = { thingName: "contracts", endpoint: "127.0.0.1", port: broker.port, tls: false, wifi: { ssid: "contracts" } };
  const board = createBoard({ time, firmware });
  // In flash on stock boards, too: a program in RAM would leave little for the contracts.
  const modules = { init: compileForBoard(program) };
  board.flash("ota_0", buildImage({ version: "1.0.0", project: "contracts", sizeBytes: 262_144, modules }));
  board.files.write("init.lua", 'node.LFS.get("init")()');
  board.files.write("settings.json", JSON.stringify({ ...settings, web: plain, trustedWeb, strangeWeb, deadWeb }));
  board.files.write("ca.pem", ca);
  const lines: string[] = [];
  const proved = new Promise<void>((resolve, reject) => {
    board.on("restart", ({ reason }) => reject(new Error(`the board restarted: ${reason}\n${lines.slice(-20).join("\n")}`)));
    board.on("line", (line) => {
      lines.push(line);
      if (process.env["SHOW"]) console.log(Date.now() % 100000, line);
      const [kind, sentence, reason] = line.split("\t");
      if (kind === "contract" && sentence !== undefined) results.set(sentence, reason === "kept" ? undefined : reason);
      if (kind === "contracts proved") resolve();
    });
    board.powerOn();
  });
  // The board's erasing and reconnecting take seconds of its time.
  const hurry = setInterval(() => time.skip(20), 1);
  try {
    await proved;
  } finally {
    clearInterval(hurry);
    board.powerOff();
  }
  return results;
}
