/** NodeMCU as it is: identity and records in files, limits of its modules. */
import type { Abilities } from "./abilities";
import { readFile } from "./files";
import { nodemcuRecords } from "./records";

/** What mqtt.c keeps of a client id; it cuts the rest without a word. */
const longestThingName = 32;

// math.random begins the same on every board and at every boot; the address differs between boards, the microseconds between boots.
function seed(): void {
  const [ok, address] = pcall(wifi.sta.getmac);
  const [digits] = string.gsub(ok ? address : "", ":", "");
  math.randomseed((tonumber(string.sub(digits, -6), 16) ?? 0) + Math.floor(node.uptime()));
}

export function stockAbilities(): Abilities {
  seed();
  return {
    records: nodemcuRecords,
    // The request line must fit the 512 bytes of esp_http_client's sending buffer, which http.c does not let us enlarge.
    maxUrlBytes: 465,
    limit: "stock firmware: download URLs up to 465 bytes, thing names up to 32 characters, no TLS on port 443",
    identity: readFile,
    help: () => "Put settings.json, ca.pem, cert.pem and key.pem on its file system (firmware/README.md, 3 and 4), then node.restart()",
    refuse({ thingName, port, tls }) {
      if (thingName.length > longestThingName) return 'setting "thingName" must have at most 32 characters on this firmware';
      // AWS IoT tells MQTT from HTTPS there by a name in the TLS handshake (ALPN), which mqtt.c does not send.
      return tls && port === 443 ? 'setting "port" must not be 443 on this firmware' : undefined;
    },
    hasDropped: () => false,
    bootReason() {
      const [roughly, exactly, panics] = node.bootreason();
      if (panics !== undefined && panics > 0) return "crash";
      // 14 and 15 are the watchdogs of timer groups 0 and 1, 22 is brown-out; node.c counts them among the resets by pin.
      if (roughly === 4 || exactly === 14 || exactly === 15) return "watchdog";
      if (roughly === 1 || exactly === 22) return "power";
      return roughly === 2 ? "restart" : "unknown";
    },
    random: (below) => math.random(0, below - 1),
  };
}
