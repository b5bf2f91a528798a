/** The settings of one device, as `settings.json` beside its certificates holds them. Types only know good ones: `readSettings` refuses the rest. */
import { hasOnly } from "./portable/characters";
import { rangeProblem } from "./portable/integers";
import type { JsonObject, JsonValue } from "./ports";

export interface Settings {
  /** The AWS IoT thing, also the MQTT client id. */
  readonly thingName: string;
  /** Host name of the MQTT endpoint, without scheme or port. */
  readonly endpoint: string;
  /** 8883 unless said otherwise. */
  readonly port: number;
  /** False talks plain MQTT: for development against a local service only. */
  readonly tls: boolean;
  /** An action that still runs after this long is claimed (IN_PROGRESS); 0 claims every job before it starts. */
  readonly claimAfterSeconds: number;
  /** How often to ask for a job when nothing was heard. */
  readonly askEverySeconds: number;
  /** New firmware that has not reached the service after this long is rolled back. */
  readonly trialSeconds: number;
  /** Allows downloads over plain http. */
  readonly allowHttp: boolean;
  /** The network to join; absent where the platform is connected already. */
  readonly wifi: Wifi | undefined;
}

export interface Wifi {
  readonly ssid: string;
  /** Empty for an open network. */
  readonly password: string;
}

/** One sentence that names the setting and says what is wrong with it. */
export interface SettingProblem {
  readonly problem: string;
}

const thingNameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-";

/** Checks decoded settings. The first thing that is wrong comes back as a sentence. */
export function readSettings(values: JsonObject): Settings | SettingProblem {
  let problem: string | undefined;
  function wrong(name: string, must: string): void {
    if (problem === undefined) problem = `setting "${name}" ${must}`;
  }
  function textOf(source: JsonObject, name: string, label: string, fallback: string | undefined): string {
    const value: JsonValue | undefined = source[name];
    if (typeof value === "string") return value;
    if (value === undefined && fallback !== undefined) return fallback;
    wrong(label, value === undefined ? "is missing" : "must be text");
    return "";
  }
  function integerOf(name: string, min: number, max: number, fallback: number): number {
    const value = values[name];
    if (value === undefined) return fallback;
    const wrongness = rangeProblem(value, min, max);
    if (wrongness === undefined) return value as number;
    wrong(name, wrongness);
    return fallback;
  }
  function switchOf(name: string, fallback: boolean): boolean {
    const value = values[name];
    if (value === undefined) return fallback;
    if (typeof value === "boolean") return value;
    wrong(name, "must be true or false");
    return fallback;
  }
  function wifiOf(): Wifi | undefined {
    const value = values["wifi"];
    if (value === undefined) return undefined;
    // An empty array is taken for an object without members: in Lua both are the same empty table.
    if (typeof value !== "object" || (Array.isArray(value) && value.length > 0)) {
      wrong("wifi", 'must be an object with "ssid" and "password"');
      return undefined;
    }
    const wifi = value as JsonObject;
    const ssid = textOf(wifi, "ssid", "wifi.ssid", undefined);
    const password = textOf(wifi, "password", "wifi.password", "");
    if (ssid.length < 1 || ssid.length > 32) wrong("wifi.ssid", "must have 1 to 32 bytes");
    if (password.length > 64) wrong("wifi.password", "must have at most 64 bytes");
    return { ssid, password };
  }

  const thingName = textOf(values, "thingName", "thingName", undefined);
  if (thingName === "" || thingName.length > 128 || !hasOnly(thingName, thingNameCharacters))
    wrong("thingName", "must have 1 to 128 letters, digits, colons, underscores or hyphens");
  const endpoint = textOf(values, "endpoint", "endpoint", undefined);
  if (endpoint === "" || endpoint.indexOf("/") >= 0 || endpoint.indexOf(":") >= 0)
    wrong("endpoint", "must be a host name, without scheme or port");
  const settings: Settings = {
    thingName,
    endpoint,
    port: integerOf("port", 1, 65535, 8883),
    tls: switchOf("tls", true),
    claimAfterSeconds: integerOf("claimAfterSeconds", 0, 3600, 5),
    askEverySeconds: integerOf("askEverySeconds", 30, 6000, 900),
    trialSeconds: integerOf("trialSeconds", 30, 3600, 300),
    allowHttp: switchOf("allowHttp", false),
    wifi: wifiOf(),
  };
  return problem === undefined ? settings : { problem };
}
