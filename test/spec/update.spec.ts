/** Firmware updates: what is refused before a byte is fetched, and what can go wrong on the way. */
import { text } from "../../src/portable/integers";
import { equal, ok, type Spec } from "./spec";
import { execution, virtualAgent, type VirtualAgent } from "./virtual-agent";
import type { VirtualDeviceOptions } from "./virtual-device";
import { virtualDigest } from "./virtual-hash";
import type { ScriptedAnswer } from "./virtual-http";

const url = "https://images.test/fw.bin";
/** The first byte of an ESP32 image. A literal would become two bytes of UTF-8 in Lua. */
const magic = String.fromCharCode(233);
const chunks = [magic + "a".repeat(499), "b".repeat(500)];
const image = chunks.join("");
const md5 = virtualDigest("md5", image);
const sha256 = virtualDigest("sha256", image);
const good: ScriptedAnswer = { status: 200, sizeBytes: 1000, chunks };

/** Gives a device an ota job whose document has these members, and runs until nothing more happens for a while. */
function update(members: string, options: VirtualDeviceOptions = {}, allowHttp = false): VirtualAgent {
  const lamp = virtualAgent({ answers: { [url]: good }, ...options }, { allowHttp });
  lamp.connect();
  lamp.accept(`"execution":${execution("a", `{"action":"ota","version":"2.0.0",${members}}`)}`);
  lamp.device.advance(4900);
  return lamp;
}

function ending(lamp: VirtualAgent): string {
  const body = lamp.last().body;
  const details = body["statusDetails"] as Record<string, string> | undefined;
  return `${body["status"] as string} ${details?.["code"] ?? ""}: ${details?.["reason"] ?? ""}`;
}

const plain = `"url":"${url}","md5":"${md5}"`;

export const spec: Spec = {
  "refuses an update that cannot be right before a byte is fetched": () => {
    const cases: [string, string][] = [
      [`"url":"${url}"`, 'REJECTED INPUT_INVALID: "md5" or "sha256" is required'],
      [`"md5":"${md5}"`, 'REJECTED INPUT_INVALID: "url" is missing'],
      [`"url":"${url}","md5":"123"`, 'REJECTED INPUT_INVALID: "md5" must have 32 characters'],
      [`"url":"${url}","md5":"${"g".repeat(32)}"`, 'REJECTED INPUT_INVALID: "md5" may only have the characters 0123456789abcdefABCDEF'],
      [`"url":"${url}","sha256":7`, 'REJECTED INPUT_INVALID: "sha256" must be text'],
      [`${plain},"size":0`, 'REJECTED INPUT_INVALID: "size" must be a whole number from 1 to 33554432'],
      [`${plain},"size":1600000`, "REJECTED IMAGE_TOO_LARGE: the image has 1600000 bytes, slot ota_1 has 1572864"],
      [
        `"url":"http://images.test/fw.bin","md5":"${md5}"`,
        'REJECTED URL_INSECURE: "url" must begin with https://: this device does not allow http',
      ],
      [`"url":"ftp://images.test/fw.bin","md5":"${md5}"`, 'REJECTED INPUT_INVALID: "url" must begin with https://'],
      [`"url":"${url}?${"x".repeat(5000)}","md5":"${md5}"`, 'REJECTED URL_TOO_LONG: "url" has 5027 bytes, this firmware can send 4096'],
    ];
    for (const [members, expected] of cases) {
      const lamp = update(members);
      equal(ending(lamp), expected);
      equal(lamp.device.trace, ["0 record journal"]);
    }
    equal(ending(update(plain, { slotBytes: 0 })), "REJECTED UNSUPPORTED: this board has no second firmware slot");
  },
  "takes either digest or both, in either case of letters": () => {
    for (const digests of [
      `"md5":"${md5}"`,
      `"sha256":"${sha256}"`,
      `"md5":"${md5.toUpperCase()}","sha256":"${sha256.toUpperCase()}","size":1000`,
    ]) {
      const lamp = update(`"url":"${url}",${digests}`);
      equal(lamp.reports(), ["a/update IN_PROGRESS"]);
      equal(lamp.device.slot.join(""), image);
    }
  },
  "follows redirects, but not in circles, and not to where it may not go": () => {
    const moved = (to: string): ScriptedAnswer => ({ status: 302, location: to });
    const other = "https://cdn.test/x";
    equal(update(plain, { answers: { [url]: moved(other), [other]: good } }).device.slot.join(""), image);
    const elsewhere = "https://images.test/other/fw.bin";
    equal(update(plain, { answers: { [url]: moved("/other/fw.bin"), [elsewhere]: good } }).device.slot.join(""), image);
    equal(ending(update(plain, { answers: { [url]: moved(url) } })), "FAILED DOWNLOAD_REFUSED: the server redirects in a circle");
    ok(
      ending(update(plain, { answers: { [url]: moved("http://cdn.test/x") } })).indexOf("FAILED DOWNLOAD_REFUSED") === 0,
      "plain http is refused",
    );
  },
  "allows plain http where the setting does": () => {
    const insecure = "http://images.test/fw.bin";
    equal(update(`"url":"${insecure}","md5":"${md5}"`, { answers: { [insecure]: good } }, true).device.slot.join(""), image);
  },
  "says what the server of the image answered": () => {
    for (const status of [403, 404, 410]) {
      const lamp = update(plain, { answers: { [url]: { status } } });
      equal(ending(lamp), `FAILED DOWNLOAD_REFUSED: the server of the image answered ${text(status)}`);
      ok(
        lamp.device.trace.every((line) => line.indexOf("begin") < 0),
        "nothing was erased",
      );
    }
  },
  "tries a broken download again, twice, then fails": () => {
    const broken: ScriptedAnswer = {
      status: 200,
      sizeBytes: 1000,
      chunks: chunks.slice(0, 1),
      end: { kind: "failed", reason: "reset by peer" },
    };
    const lamp = update(plain, { answers: { [url]: broken } });
    lamp.accept();
    lamp.device.advance(100);
    lamp.device.advance(20000);
    equal(ending(lamp), "FAILED DOWNLOAD_FAILED: the download broke: reset by peer");
    equal(lamp.device.trace.filter((line) => line.indexOf(" get ") > 0).length, 3);
  },
  "does not take a body for whole that ended early with status 200": () => {
    const lamp = update(plain, {
      answers: { [url]: { status: 200, sizeBytes: 1000, chunks: chunks.slice(0, 1), end: { kind: "complete" } } },
    });
    lamp.device.advance(20000);
    equal(ending(lamp), "FAILED DOWNLOAD_FAILED: the download broke: it ended after 500 of 1000 bytes");
  },
  "counts the bytes against the document when the server does not announce them": () => {
    const silent: ScriptedAnswer = { status: 200, chunks };
    equal(update(`${plain},"size":1000`, { answers: { [url]: silent } }).device.slot.join(""), image);
    equal(
      ending(update(`${plain},"size":1001`, { answers: { [url]: silent } })),
      "FAILED SIZE_MISMATCH: the image has 1000 bytes, the job says 1001",
    );
    equal(
      ending(update(`${plain},"size":999`, { answers: { [url]: silent } })),
      "FAILED SIZE_MISMATCH: the image has more than the 999 bytes that were announced",
    );
    equal(ending(update(`${plain},"size":999`)), "FAILED SIZE_MISMATCH: the server announces 1000 bytes, the job says 999");
    equal(
      ending(update(plain, { answers: { [url]: { status: 200, chunks: [] } } })),
      "FAILED SIZE_MISMATCH: the image has 0 bytes, the job says 1",
    );
  },
  "refuses what is no image, or too large, without writing it": () => {
    const page: ScriptedAnswer = { status: 200, sizeBytes: 5, chunks: ["<html"] };
    equal(
      ending(update(plain, { answers: { [url]: page } })),
      "FAILED IMAGE_INVALID: the download does not begin like an ESP32 image (0xE9)",
    );
    const huge: ScriptedAnswer = { status: 200, sizeBytes: 1600000, chunks };
    equal(
      ending(update(plain, { answers: { [url]: huge } })),
      "REJECTED IMAGE_TOO_LARGE: the image has 1600000 bytes, the slot has 1572864",
    );
  },
  "refuses an image of another project, in whatever pieces it comes, and without one knows no other": () => {
    const contents = `${magic}${"h".repeat(79)}lamp\0${"c".repeat(915)}`;
    const pieces = (size: number): ScriptedAnswer => {
      const list: string[] = [];
      for (let at = 0; at < contents.length; at += size) list.push(contents.slice(at, at + size));
      return { status: 200, sizeBytes: 1000, chunks: list };
    };
    const ends = (project: string | undefined, size: number): string => {
      const answers = { [url]: pieces(size) };
      return ending(update(plain, project === undefined ? { answers } : { answers, project })).split(":")[0] ?? "";
    };
    for (const size of [1, 33, 84, 85, 86, 1000]) {
      // Not refused for its project, the image is found to be another one than the job's.
      equal([ends("lamp", size), ends(undefined, size)], ["FAILED MD5_MISMATCH", "FAILED MD5_MISMATCH"]);
      for (const other of ["desk", "lam", "lamps"]) equal(ends(other, size), "FAILED IMAGE_INVALID");
    }
    equal(
      ending(update(plain, { answers: { [url]: pieces(100) }, project: "desk" })),
      "FAILED IMAGE_INVALID: the image is not of this firmware's project, desk",
    );
  },
  "fails when flash does, at every step": () => {
    equal(ending(update(plain, { refusals: { begin: "erase" } })), "FAILED FLASH_FAILED: the slot could not be made ready: erase");
    equal(ending(update(plain, { refusals: { write: "worn" } })), "FAILED FLASH_FAILED: the slot could not be written at byte 500: worn");
    const lamp = update(plain, { refusals: { activate: "hash" } });
    lamp.accept();
    equal(ending(lamp), "FAILED IMAGE_INVALID: the image was refused: hash");
    ok(
      lamp.device.trace.every((line) => line.indexOf("restart") < 0),
      "the old firmware runs on",
    );
  },
  "knows each digest from a wrong one": () => {
    ok(ending(update(`"url":"${url}","md5":"${"0".repeat(32)}"`)).indexOf("FAILED MD5_MISMATCH") === 0, "MD5");
    ok(ending(update(`"url":"${url}","md5":"${md5}","sha256":"${"0".repeat(64)}"`)).indexOf("FAILED SHA256_MISMATCH") === 0, "SHA-256");
  },
  "describes itself": () => {
    const lamp = virtualAgent({ version: "1.2.3", limits: ["no moon", "no stars"] });
    lamp.connect();
    lamp.device.advance(7000);
    lamp.accept(`"execution":${execution("a", '{"action":"describe"}')}`);
    equal(lamp.last().body["statusDetails"], {
      version: "1.2.3",
      slot: "ota_0",
      state: "accepted",
      freeBytes: "100000",
      uptimeSeconds: "7",
      bootReason: "power",
      actions: "blink describe ota reboot",
      limits: "no moon; no stars",
    });
  },
};
