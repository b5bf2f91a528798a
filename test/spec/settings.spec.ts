/** A wrong setting is refused with one sentence that names it. */
import type { JsonObject } from "../../src/ports";
import { readSettings } from "../../src/settings";
import type { SettingProblem } from "../../src/settings";
import { equal } from "./spec";
import type { Spec } from "./spec";

const least: JsonObject = { thingName: "lamp-1", endpoint: "broker.example" };

/** The least settings with one more, or with one replaced. */
function withSetting(change: JsonObject): JsonObject {
  return Object.assign({}, least, change);
}

function refusal(values: JsonObject): string {
  return (readSettings(values) as Partial<SettingProblem>).problem ?? "accepted";
}

export const spec: Spec = {
  "a thing name and an endpoint are enough": () => {
    equal(readSettings(least), {
      thingName: "lamp-1",
      endpoint: "broker.example",
      port: 8883,
      tls: true,
      claimAfterSeconds: 5,
      askEverySeconds: 900,
      trialSeconds: 300,
      allowHttp: false,
      wifi: undefined,
    });
  },

  "takes every setting that is given": () => {
    const given: JsonObject = {
      thingName: "A:b_c-9",
      endpoint: "127.0.0.1",
      port: 1883,
      tls: false,
      claimAfterSeconds: 0,
      askEverySeconds: 30,
      trialSeconds: 3600,
      allowHttp: true,
      wifi: { ssid: "workshop", password: "open sesame" },
    };
    equal(readSettings(given), given);
  },

  "names what is missing": () => {
    equal(refusal({ endpoint: "broker.example" }), 'setting "thingName" is missing');
    equal(refusal({ thingName: "lamp-1" }), 'setting "endpoint" is missing');
    equal(refusal(withSetting({ wifi: {} })), 'setting "wifi.ssid" is missing');
    equal(refusal(withSetting({ wifi: [] })), 'setting "wifi.ssid" is missing'); // in Lua the same as the line above
  },

  "names what has the wrong type": () => {
    equal(refusal(withSetting({ thingName: 5 })), 'setting "thingName" must be text');
    equal(refusal(withSetting({ tls: "yes" })), 'setting "tls" must be true or false');
    equal(refusal(withSetting({ port: "8883" })), 'setting "port" must be a whole number from 1 to 65535');
    equal(refusal(withSetting({ wifi: "workshop" })), 'setting "wifi" must be an object with "ssid" and "password"');
    equal(refusal(withSetting({ wifi: ["workshop"] })), 'setting "wifi" must be an object with "ssid" and "password"');
  },

  "refuses numbers out of range, and fractions": () => {
    equal(refusal(withSetting({ port: 0 })), 'setting "port" must be a whole number from 1 to 65535');
    equal(refusal(withSetting({ port: 65536 })), 'setting "port" must be a whole number from 1 to 65535');
    equal(refusal(withSetting({ trialSeconds: 29 })), 'setting "trialSeconds" must be a whole number from 30 to 3600');
    equal(refusal(withSetting({ claimAfterSeconds: 2.5 })), 'setting "claimAfterSeconds" must be a whole number from 0 to 3600');
    equal(refusal(withSetting({ askEverySeconds: 2147483647 })), 'setting "askEverySeconds" must be a whole number from 30 to 6000');
  },

  "takes a whole number that the JSON reader held as a float": () => {
    const half = 15.5; // twice this is 31.0 in Lua
    equal(refusal(withSetting({ trialSeconds: half * 2 })), "accepted");
  },

  "refuses a thing name that AWS would not take": () => {
    const problem = 'setting "thingName" must have 1 to 128 letters, digits, colons, underscores or hyphens';
    equal(refusal(withSetting({ thingName: "" })), problem);
    equal(refusal(withSetting({ thingName: "lamp/1" })), problem);
    equal(refusal(withSetting({ thingName: "lamp 1" })), problem);
    equal(refusal(withSetting({ thingName: "+" })), problem);
    equal(refusal(withSetting({ thingName: "x".repeat(129) })), problem);
    equal(refusal(withSetting({ thingName: "x".repeat(128) })), "accepted");
  },

  "refuses an endpoint with a scheme or a port, and Wi-Fi names that do not fit": () => {
    equal(refusal(withSetting({ endpoint: "mqtts://broker.example" })), 'setting "endpoint" must be a host name, without scheme or port');
    equal(refusal(withSetting({ endpoint: "broker.example:8883" })), 'setting "endpoint" must be a host name, without scheme or port');
    equal(refusal(withSetting({ endpoint: "" })), 'setting "endpoint" must be a host name, without scheme or port');
    equal(refusal(withSetting({ wifi: { ssid: "" } })), 'setting "wifi.ssid" must have 1 to 32 bytes');
    equal(refusal(withSetting({ wifi: { ssid: "s", password: "p".repeat(65) } })), 'setting "wifi.password" must have at most 64 bytes');
  },

  "tells of the first of several problems": () => {
    equal(
      refusal({ thingName: "lamp 1", endpoint: "a/b", port: 0 }),
      'setting "thingName" must have 1 to 128 letters, digits, colons, underscores or hyphens',
    );
  },
};
