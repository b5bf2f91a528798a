/** The agent on a board: reads who it is, makes the ports, and starts. Restarts the board when that does not come about. */
import { startAgent } from "../../agent";
import { readSettings, type SettingProblem, type Settings } from "../../settings";
import type { Abilities } from "./abilities";
import { nodemcuClock } from "./clock";
import { withNul } from "./files";
import { firmwareLimits, nodemcuFirmware } from "./firmware";
import { nodemcuGpio } from "./gpio";
import { nodemcuHashes } from "./hashes";
import { nodemcuHttp } from "./http";
import { jobsfwAbilities } from "./jobsfw";
import { nodemcuJson } from "./json";
import { nodemcuMqtt, type Identity } from "./mqtt";
import { nodemcuSignatures } from "./signatures";
import { stockAbilities } from "./stock";
import { nodemcuSystem, numberLimits } from "./system";
import { joinNetwork } from "./wifi";

const restartAfterErrorMs = 2000;
const upWithinMs = 60000;

function arm(delayMs: number): FirmwareTimer {
  const timer = tmr.create();
  timer.alarm(delayMs, tmr.ALARM_SINGLE, () => node.restart());
  return timer;
}

/** Settings, or the sentence that says what is wrong with them. */
function settingsOf({ identity, refuse }: Abilities): Settings | string {
  const file = identity("settings.json");
  if (file === undefined) return "the file settings.json is missing";
  const values = nodemcuJson.decode(file);
  if (values === undefined) return "settings.json does not hold a JSON object";
  const settings = readSettings(values);
  const { problem } = settings as Partial<SettingProblem>;
  return problem ?? refuse(settings as Settings) ?? (settings as Settings);
}

/** Certificates and key, or the sentence that names the file that is missing. */
function identityOf({ identity }: Abilities): Identity | string {
  const ca = withNul(identity("ca.pem"));
  const cert = withNul(identity("cert.pem"));
  const key = withNul(identity("key.pem"));
  if (ca === undefined || cert === undefined || key === undefined) {
    return `setting "tls" needs the file ${ca === undefined ? "ca" : cert === undefined ? "cert" : "key"}.pem, which is missing`;
  }
  return { ca, cert, key };
}

/** Starts the agent. The result says why it could not. */
function start(): string | undefined {
  const settings = settingsOf(abilities);
  if (typeof settings === "string") return settings;
  const identity = settings.tls ? identityOf(abilities) : undefined;
  if (typeof identity === "string") return identity;
  const { limit } = abilities;
  const limits = limit === undefined ? [] : [limit];
  for (const phrase of firmwareLimits()) limits.push(phrase);
  for (const phrase of numberLimits()) limits.push(phrase);
  const signatures = nodemcuSignatures(abilities.identity("signer.pem"));
  if (signatures?.problem !== undefined) limits.push("cannot check signatures: no updates");
  const system = nodemcuSystem(abilities, limits);
  const network = joinNetwork(nodemcuClock, settings.wifi, (line) => system.log(line));
  const roots = abilities.identity("http-ca.pem") ?? abilities.identity("ca.pem");
  startAgent(
    {
      clock: nodemcuClock,
      firmware: nodemcuFirmware,
      gpio: nodemcuGpio,
      hashes: nodemcuHashes,
      http: nodemcuHttp(withNul(roots), abilities.maxUrlBytes),
      json: nodemcuJson,
      mqtt: nodemcuMqtt(nodemcuClock, network, settings, identity, abilities),
      records: abilities.records,
      signatures,
      system,
    },
    settings,
  );
  return undefined;
}

const onTrial = nodemcuFirmware.info().state === "trial";
const abilities = jobsfw === undefined ? stockAbilities() : jobsfwAbilities(jobsfw, onTrial);
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
if (problem === undefined || !onTrial) guard.unregister();
