/** The network of a board, from wherever its name and password come. Never from the command line, which every process of a computer may read. */
import { findWifiProblem, readWifi, type Wifi } from "../firmware/identity-wifi";
import { WrongUsage } from "./failing";
import { openQuestions, type Terminal } from "./provision-ask";
import { readJsonFile } from "./provision-files";

/** The variables that hold it, for scripts. */
export const wifiVariables = { ssid: "ESP32_JOBS_WIFI_SSID", password: "ESP32_JOBS_WIFI_PASSWORD" } as const;

export interface WifiSource {
  /** A file with `{"ssid": ..., "password": ...}`; false leaves the network to somebody else. */
  readonly option: string | false | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the settings have already. */
  readonly kept: unknown;
  /** A board needs one: whoever has none is asked. */
  readonly isNeeded: boolean;
  readonly terminal: Terminal;
}

function fromEnv(env: WifiSource["env"]): Wifi | undefined {
  const ssid = env[wifiVariables.ssid];
  if (ssid === undefined) return undefined;
  const wifi = { ssid, password: env[wifiVariables.password] ?? "" };
  const problem = findWifiProblem(wifi);
  if (problem !== undefined) throw new WrongUsage(`${wifiVariables.ssid} and ${wifiVariables.password}: ${problem}`);
  return wifi;
}

/** Asks until it is right: a mistake in what is not shown is easily made. */
async function fromTerminal(terminal: Terminal): Promise<Wifi> {
  const { ask, say, close } = openQuestions(terminal);
  try {
    for (;;) {
      const ssid = await ask("Wi-Fi name: ");
      const password = await ask("Wi-Fi password (not shown; empty for an open network): ", true);
      const problem = findWifiProblem({ ssid, password });
      if (problem === undefined) return { ssid, password };
      say(`${problem[0]?.toUpperCase()}${problem.slice(1)}.`);
    }
  } finally {
    close();
  }
}

/** Undefined: the settings shall have none. */
export async function wifiOf({ option, env, kept, isNeeded, terminal }: WifiSource): Promise<Wifi | undefined> {
  if (option === false) return undefined;
  if (option !== undefined) {
    const wifi = readWifi(readJsonFile(option));
    if (typeof wifi === "string") throw new WrongUsage(`the file "${option}": ${wifi}`);
    return wifi;
  }
  const given = fromEnv(env);
  if (given !== undefined) return given;
  if (kept !== undefined) {
    const wifi = readWifi(kept);
    if (typeof wifi === "string") throw new WrongUsage(`setting "wifi": ${wifi}`);
    return wifi;
  }
  if (!isNeeded) return undefined;
  if (terminal.input.isTTY === true) return fromTerminal(terminal);
  throw new WrongUsage(
    `which network does the board join? Name a file with --wifi, or set ${wifiVariables.ssid} and ${wifiVariables.password}; --no-wifi leaves it out`,
  );
}
