/** The network that a board joins. */
import type { Wifi } from "../../src/settings";

export type { Wifi };

/** What is wrong with a network's name and password; undefined when a board can join with them. The password is in no sentence. */
export function findWifiProblem({ ssid, password }: Wifi): string | undefined {
  // ESP-IDF, esp_wifi_types: 32 bytes of name, 64 of password. Bytes, not characters: a name may be in any writing.
  const nameBytes = Buffer.byteLength(ssid);
  if (nameBytes < 1 || nameBytes > 32) return `the Wi-Fi name must have 1 to 32 bytes, and has ${nameBytes}`;

  if (/[\0-\x1f\x7f]/.test(ssid)) return "the Wi-Fi name holds a control character";

  if (/[\0-\x1f\x7f]/.test(password)) return "the Wi-Fi password holds a control character, such as the end of a line";
  const bytes = Buffer.byteLength(password);
  // IEEE 802.11, annex J.4: a passphrase has 8 to 63 characters; 64 are taken for the key itself.
  if (bytes === 64)
    return /^[0-9a-fA-F]{64}$/.test(password) ? undefined : "a Wi-Fi password of 64 characters must be a key in hexadecimal";
  if (bytes === 0 || (bytes >= 8 && bytes <= 63)) return undefined;
  return `the Wi-Fi password must have 8 to 63 characters, be a key of 64 hexadecimal digits, or be empty for an open network; it has ${bytes}`;
}

/** Name and password out of decoded JSON, or a sentence. Members that nobody reads are refused: one is a misspelt "password". */
export function readWifi(value: unknown): Wifi | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return 'must be an object with "ssid" and "password"';
  const { ssid, password = "", ...others } = value as Record<string, unknown>;
  const [stranger] = Object.keys(others);
  if (stranger !== undefined) return `has a member "${stranger}" that is not known: "ssid" and "password" are`;
  if (typeof ssid !== "string") return 'must have a text "ssid"';
  if (typeof password !== "string") return 'must have a text "password"';
  return findWifiProblem({ ssid, password }) ?? { ssid, password };
}
