/** Names and passwords of networks, before a board tries them. */
import { describe, expect, test } from "vitest";
import { findWifiProblem, readWifi } from "../tools/firmware/identity-wifi";

describe("a Wi-Fi network", () => {
  const password = "long enough";
  test.each([
    ["a name of 32 bytes", { ssid: "x".repeat(32), password }],
    ["a name of eight signs of four bytes", { ssid: "📶".repeat(8), password }],
    ["a password of 8 characters", { ssid: "x", password: "12345678" }],
    ["a password of 63 characters", { ssid: "x", password: "p".repeat(63) }],
    ["a key of 64 hexadecimal digits", { ssid: "x", password: "0aF".repeat(21) + "9" }],
    ["no password", { ssid: "x", password: "" }],
  ])("may have %s", (_what, network) => {
    expect(findWifiProblem(network)).toBeUndefined();
    expect(readWifi(network)).toEqual(network);
  });

  test.each([
    ["no name", { ssid: "", password }, "must have 1 to 32 bytes, and has 0"],
    ["a name of 33 bytes", { ssid: "x".repeat(33), password }, "must have 1 to 32 bytes, and has 33"],
    ["a name of nine signs of four bytes", { ssid: "📶".repeat(9), password }, "must have 1 to 32 bytes, and has 36"],
    ["a line end in its name", { ssid: "x\n", password }, "the Wi-Fi name holds a control character"],
    ["a password of 7 characters", { ssid: "x", password: "1234567" }, "it has 7"],
    ["a password of 65 characters", { ssid: "x", password: "p".repeat(65) }, "it has 65"],
    ["64 characters that are no key", { ssid: "x", password: "p".repeat(64) }, "must be a key in hexadecimal"],
    ["a line end in its password", { ssid: "x", password: "long enough\n" }, "such as the end of a line"],
  ])("may not have %s, and the password is not told", (_what, network, sentence) => {
    expect(findWifiProblem(network)).toContain(sentence);
    if (network.password.length > 0) expect(findWifiProblem(network)).not.toContain(network.password.trim());
    expect(readWifi(network)).toBe(findWifiProblem(network));
  });

  test("in a file has a name, a password or none, and nothing else", () => {
    expect(readWifi({ ssid: "open" })).toEqual({ ssid: "open", password: "" });
    expect(readWifi({ ssid: "x", pasword: "long enough" })).toBe('has a member "pasword" that is not known: "ssid" and "password" are');
    expect(readWifi({ ssid: 7 })).toBe('must have a text "ssid"');
    expect(readWifi({ ssid: "x", password: 12345678 })).toBe('must have a text "password"');
    for (const value of ["home", null, ["home"], 5]) expect(readWifi(value)).toBe('must be an object with "ssid" and "password"');
  });
});
