/** The agent on a board: reads who it is, makes the ports, and starts. Restarts the board when that does not come about. */
import { startAgent } from "../../agent";
import { text } from "../../portable/integers";
import { readSettings, type SettingProblem, type Settings } from "../../settings";
import { nodemcuClock } from "./clock";
import { readFile, readPem } from "./files";
import { firmwareLimits, nodemcuFirmware } from "./firmware";
import { nodemcuGpio } from "./gpio";
import { nodemcuHashes } from "./hashes";
import { maxUrlBytes, nodemcuHttp } from "./http";
import { nodemcuJson } from "./json";
import { nodemcuMqtt, type Identity } from "./mqtt";
import { nodemcuRecords } from "./records";
import { nodemcuSignatures } from "./signatures";
import { nodemcuSystem, numberLimits } from "./system";
import { joinNetwork } from "./wifi";

const restartAfterErrorMs = 2000;
const upWithinMs = 60000;
/** What mqtt.c keeps of a client id; it cuts the rest without a word. */
const longestThingName = 32;

function arm(delayMs: number): FirmwareTimer {
  const timer = tmr.create();
  timer.alarm(delayMs, tmr.ALARM_SINGLE, () => node.restart());
  return timer;
}

/** Settings, or the sentence that says what is wrong with them. */
function settingsOf(file: string | undefined): Settings | string {
  if (file === undefined) return "the file settings.json is missing";
  const values = nodemcuJson.decode(file);
  if (values === undefined) return "settings.json does not hold a JSON object";
  const settings = readSettings(values);
  const { problem } = settings as Partial<SettingProblem>;
  if (problem !== undefined) return problem;
  const good = settings as Settings;
  return good.thingName.length > longestThingName ? 'setting "thingName" must have at most 32 characters on this firmware' : good;
}

/** Certificates and key, or the sentence that names the file that is missing. */
function identityOf(): Identity | string {
  const ca = readPem("ca.pem");
  const cert = readPem("cert.pem");
  const key = readPem("key.pem");
  if (ca === undefined || cert === undefined || key === undefined) {
    return `setting "tls" needs the file ${ca === undefined ? "ca" : cert === undefined ? "cert" : "key"}.pem, which is missing`;
  }
  return { ca, cert, key };
}

function limits(): string[] {
  const all = [`download URLs up to ${text(maxUrlBytes)} bytes`, "thing names up to 32 characters"];
  for (const limit of firmwareLimits()) all.push(limit);
  for (const limit of numberLimits()) all.push(limit);
  return all;
}

/** Starts the agent. The result says why it could not. */
function start(): string | undefined {
  const settings = settingsOf(readFile("settings.json"));
  if (typeof settings === "string") return settings;
  const identity = settings.tls ? identityOf() : undefined;
  if (typeof identity === "string") return identity;
  const all = limits();
  const signatures = nodemcuSignatures(readFile("signer.pem"));
  if (signatures?.problem !== undefined) all.push("cannot check signatures: no updates");
  const system = nodemcuSystem(all);
  const network = joinNetwork(nodemcuClock, settings.wifi, (line) => system.log(line));
  startAgent(
    {
      clock: nodemcuClock,
      firmware: nodemcuFirmware,
      gpio: nodemcuGpio,
      hashes: nodemcuHashes,
      http: nodemcuHttp(readPem("http-ca.pem") ?? identity?.ca ?? readPem("ca.pem")),
      json: nodemcuJson,
      mqtt: nodemcuMqtt(nodemcuClock, network, settings, identity, (below) => system.random(below)),
      records: nodemcuRecords,
      signatures,
      system,
    },
    settings,
  );
  return undefined;
}

// From init.lua, which armed it before it loaded this file; firmware that carries the agent has no init.lua.
const guard = bootGuard ?? arm(upWithinMs);
let isFailing = false;
// The default restarts too, but also when a second error falls into the two seconds, and without a word when there is no console.
node.setonerror((message) => {
  print(`error: ${tostring(message)}`);
  if (!isFailing) arm(restartAfterErrorMs);
  isFailing = true;
});

const problem = start();
if (problem !== undefined) print(`esp32-jobs cannot start: ${problem}`);
// A wrong setting is for a person to correct, at a console that does not restart. But new firmware that cannot read what the firmware
// before could has failed its trial: the restart brings the other one back.
if (problem === undefined || nodemcuFirmware.info().state !== "trial") guard.unregister();
