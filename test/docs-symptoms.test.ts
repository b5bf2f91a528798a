/** What docs/failures.md says that a terminal shows can be shown: each such text is one of ours, or is known to be NodeMCU's or ESP-IDF's. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { endings } from "../src/failure";
import { root } from "../tools/bundle/targets";

/** Where others' texts come from: nodemcu/nodemcu-firmware 7c5bb151, espressif/esp-idf v5.1.3, espressif/esp-mqtt. */
const others: Readonly<Record<string, string>> = {
  "waiting for download": "the ROM of the chips",
  "invalid header: …": "the ROM of the chips",
  "No bootable app partitions in the partition table": "components/bootloader_support/src/bootloader_utility.c",
  "Brownout detector was triggered": "components/esp_system/port/brownout.c",
  "cannot open init.lua": "components/lua/lua-5.3/lauxlib.c",
  "INIT:1: attempt to call a nil value": "components/lua/lua-5.3/lua.c",
  "mbedtls_ssl_handshake returned -0x2700": "components/esp-tls/esp_tls_mbedtls.c; MBEDTLS_ERR_X509_CERT_VERIFY_FAILED",
  "mbedtls_ssl_handshake returned -0x7780": "components/esp-tls/esp_tls_mbedtls.c; MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE",
  "Connection refused, not authorized": "mqtt_client.c",
};
/** Of AWS IoT Jobs, and of Linux. */
const words: readonly string[] = ["QUEUED", "IN_PROGRESS", "SUCCEEDED", "blink", "lacks"];

/** Texts of the sources, with "…" where a program puts something in. */
const ours: string[] = ["src", "tools"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => textsIn(join(root, folder, name))),
);
ours.push(...readFileSync(join(root, "firmware/init.lua"), "utf8").split("\n"));

function textsIn(file: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTemplateExpression(node)) found.push(node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join(""));
    else if (ts.isStringLiteralLike(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022));
  return found;
}

const pattern = (text: string): RegExp =>
  new RegExp(
    text
      .split("…")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*"),
  );

/** Whether a program of ours can print this: a text of it contains it, or becomes it. */
function isOurs(symptom: string): boolean {
  const inText = pattern(symptom);
  const shown = symptom.replaceAll("…", "x");
  return ours.some((text) => inText.test(text) || (text.replaceAll("…", "").trim().length >= 12 && pattern(text).test(shown)));
}

const page = readFileSync(join(root, "docs/failures.md"), "utf8");
const symptoms = [...page.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = ""]) =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text),
);

describe("a symptom", () => {
  test("is told of every way that a job can end badly, and of much else", () => {
    expect(symptoms).toEqual(expect.arrayContaining(Object.keys(endings)));
    expect(symptoms.length).toBeGreaterThan(Object.keys(endings).length + 40);
  });

  test.each([...new Set(symptoms)].filter((text) => !(text in endings) && !words.includes(text)))(
    "`%s` is one that can be seen",
    (text) => {
      expect(isOurs(text) || text in others).toBe(true);
    },
  );

  test("that nobody prints would be noticed", () => {
    expect(isOurs("no Wi-Fi whatever: reason 201")).toBe(false);
    expect(isOurs("there is no harbour …")).toBe(false);
  });
});
