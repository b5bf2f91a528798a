/** The agent on a board: reads who it is, makes the ports, and starts. Restarts the board when that does not come about. */
import { startAgent } from "../../agent";
import { readSettings, type SettingProblem, type Settings } from "../../settings";
import type { Abilities } from "./abilities";
import { nodemcuClock } from "./clock";
import { countCrashes, markCrash } from "./crashes";
import { withNul } from "./files";
import { firmwareLimits, nodemcuFirmware } from "./firmware";
import { nodemcuGpio } from "./gpio";
import { restartAfter } from "./guard";
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
/** The agent ends a trial that has failed by itself; the guard ends that of an agent that hangs. */
const trialMarginMs = 30000;
const sayAgainMs = 60000;

/** The first part of the identity that is missing or wrong. */
let part = "settings.json";

/** Settings, or the sentence that says what is wrong with them. */
function settingsOf({ identity, refuse }: Abilities): Settings | string {
  const file = identity(part);
  if (file === undefined) return "this board has no identity (settings.json is missing)";
  const values = nodemcuJson.decode(file);
  if (values === undefined) return "settings.json does not hold a JSON object";
  const settings = readSettings(values);
  const { problem } = settings as Partial<SettingProblem>;
  return problem ?? refuse(settings as Settings) ?? (settings as Settings);
}

/** Certificates and key, or the sentence that names what is missing. */
function identityOf({ identity }: Abilities): Identity | string {
  const missing: string[] = [];
  const read = (name: string): string => {
    const text = withNul(identity(name)) ?? "";
    if (text === "") missing.push(name);
    return text;
  };
  const found: Identity = { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
  if (missing.length === 0) return found;
  part = missing[0] ?? part;
  return `this board's identity lacks ${missing.join(", ")}`;
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
  if (rtcmem === undefined) limits.push("no safe mode: this firmware lacks the module rtcmem");
  const signatures = nodemcuSignatures(abilities.identity("signer.pem"));
  if (signatures?.problem !== undefined) limits.push(`no updates: ${signatures.problem}`);
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
  if (onTrial) restartAfter(settings.trialSeconds * 1000 + trialMarginMs);
  return undefined;
}

/** Says what is wrong, and how to mend it, for as long as nobody does: whoever opens the console later shall see it, too. */
function complain(problem: string): void {
  print(`esp32-jobs cannot start: ${problem}`);
  print(abilities.help(part));
  nodemcuClock.after(sayAgainMs, () => complain(problem));
}

restartAfter(upWithinMs);
const running = nodemcuFirmware.info();
const onTrial = running.state === "trial";
const abilities = jobsfw === undefined ? stockAbilities() : jobsfwAbilities(jobsfw, onTrial);
countCrashes(`${running.version} ${running.slot}`, abilities.bootReason());
// The default restarts too, but also when a second error falls into the two seconds, and without a word when there is no console.
node.setonerror((message) => {
  markCrash(true);
  restartAfter(restartAfterErrorMs, true);
  // At last: it needs memory, of which there may be none.
  print(`error: ${tostring(message)}`);
});

const problem = start();
markCrash(false);
if (problem !== undefined) complain(problem);
// A wrong setting is for a person to correct, at a console that does not restart. But new firmware that cannot read what the firmware
// before could has failed its trial: the restart brings the other one back.
if (!onTrial) restartAfter(0);
