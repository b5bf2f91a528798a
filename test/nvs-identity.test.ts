/** A board's identity: what is refused before it reaches a board, and what a board then finds in its NVS partition. */
import "reflect-metadata"; // @peculiar/x509 needs it, and needs it first.
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { beforeAll, describe, expect, test } from "vitest";
import { readSettings } from "../src/settings";
import { entriesOfBoard, readIdentity, writeIdentity } from "../tools/firmware/identity";
import { checkIdentity } from "../tools/firmware/identity-check";
import { identityKeys, identityNamespace } from "../tools/firmware/identity-keys";
import { textOfFile } from "../tools/firmware/identity-pem";
import { findNvsProblem } from "../tools/firmware/nvs-check";
import { NvsDamage } from "../tools/firmware/nvs/read";
import { FirmwareProblem } from "../tools/firmware/problem";
import { bench } from "./virtual-esp32/bench";
import { makeAuthority, type Authority, type CertificateOptions } from "./surroundings/device-certificates";

const now = Date.now();
const wifi = { ssid: "at home", password: "long enough" };
let authority: Authority;
let good: Readonly<Record<string, string>>;

const settings = (more: Record<string, unknown> = {}): string =>
  JSON.stringify({ thingName: "lamp", endpoint: "x-ats.iot.eu-west-1.amazonaws.com", port: 8883, wifi, ...more });

async function filesOf(options?: CertificateOptions): Promise<Record<string, string>> {
  const { certificate, privateKey } = await authority.sign(options);
  return { "settings.json": settings(), "cert.pem": certificate, "key.pem": privateKey, "ca.pem": authority.root };
}

/** The sentence with which files are refused. */
function refusal(files: Readonly<Record<string, string | undefined>>, thingName = "lamp"): string {
  const present = Object.fromEntries(Object.entries(files).filter((pair): pair is [string, string] => pair[1] !== undefined));
  try {
    checkIdentity(thingName, present, now);
  } catch (error) {
    if (error instanceof FirmwareProblem) return error.message;
    throw error;
  }
  return "it was taken";
}

beforeAll(async () => {
  authority = await makeAuthority();
  good = await filesOf();
});

describe("an identity", () => {
  test("is in NVS byte for byte under the names of its files, and flashing takes the image", () => {
    const normal = checkIdentity("lamp", good, now);
    const { image } = writeIdentity(normal);
    expect(image.length).toBe(0x6000);
    expect(readIdentity(image)).toEqual(normal);
    expect(Object.keys(normal)).toEqual(["settings.json", "cert.pem", "key.pem", "ca.pem"]);
    expect(findNvsProblem(image)).toBeUndefined();
  });

  test("has names that NVS can keep", () => {
    for (const { name } of identityKeys) expect(name.length).toBeLessThanOrEqual(15);
    expect(identityNamespace.length).toBeLessThanOrEqual(15);
  });

  test("keeps quotes, backslashes and any writing of a network's name and password", () => {
    const odd = { ssid: `"Ünï\\cøde" 📶`, password: `"\\'$\`%\\n\\u0041 ]]--;` };
    const { image } = writeIdentity(checkIdentity("lamp", { ...good, "settings.json": settings({ wifi: odd }) }, now));
    const text = readIdentity(image)["settings.json"] ?? "";
    expect(JSON.parse(text)).toMatchObject({ wifi: odd });
    // sjson makes "??" of surrogates that are escaped: they must stand there as they are.
    expect(text).toContain("📶");
  });

  test("may be of a thing with 128 characters, colons among them", () => {
    const thingName = "a:".repeat(64);
    const { image } = writeIdentity(checkIdentity(thingName, { ...good, "settings.json": settings({ thingName }) }, now));
    const read = readSettings(JSON.parse(readIdentity(image)["settings.json"] ?? "") as Record<string, string>);
    expect(read).toMatchObject({ thingName, endpoint: "x-ats.iot.eu-west-1.amazonaws.com" });
  });

  test("of an RSA key with a chain of three certificates leaves the board its room", { timeout: 30_000 }, async () => {
    const files = await filesOf({ key: generateKeyPairSync("rsa", { modulusLength: 2048 }) });
    const chain = `${files["cert.pem"]}${authority.root}${authority.root}`;
    const padding = "4000 bytes of text that no board needs\n".repeat(100);
    const normal = checkIdentity("lamp", { ...files, "cert.pem": `${padding}${chain}`, "http-ca.pem": authority.root }, now);
    expect(normal["cert.pem"]).toBe(chain);
    const { image, freeEntries } = writeIdentity(normal);
    expect(freeEntries).toBeGreaterThanOrEqual(entriesOfBoard);
    expect(readIdentity(image)).toEqual(normal);
  });

  test("that leaves the board no room is refused, and so is one that has none itself", () => {
    const large = { ...good, "ca.pem": authority.root.repeat(Math.ceil((17 * 1024) / authority.root.length)) };
    expect(() => writeIdentity(checkIdentity("lamp", large, now))).toThrow(
      /leaves \d+ entries of the NVS partition, and the board itself needs 350/,
    );
    expect(() => writeIdentity({ ...large, "ca.pem": authority.root.repeat(60) })).toThrow('there is no room for "identity/ca.pem"');
    expect(readIdentity(writeIdentity(large, 0x10000).image)["ca.pem"]).toBe(large["ca.pem"]);
  });

  test("of the largest size leaves a board room to write its journal, again and again", () => {
    const fits = (bytes: number): boolean => {
      try {
        return writeIdentity({ ...good, "http-ca.pem": "x".repeat(bytes) }).image.length > 0;
      } catch {
        return false;
      }
    };
    let largest = 0;
    for (let step = 8192; step >= 1; step /= 2) if (fits(largest + step)) largest += step;
    expect(largest).toBeGreaterThan(4000);
    const script = `for n = 1, 100 do print(jobsfw.set("records", "journal", ("%d"):format(n % 10):rep(2500))) end`;
    const { board, lines, time } = bench(script, { firmware: "jobsfw" });
    board.nvs.flash(writeIdentity({ ...good, "http-ca.pem": "x".repeat(largest) }).image);
    board.powerOn();
    time.advance(1000);
    expect(lines.filter((line) => line === "true")).toHaveLength(100);
  });

  test("from an image that a board has written to, or that is damaged, is refused", () => {
    const { image } = writeIdentity(good);
    const used = Buffer.from(image);
    used[32]! &= 0b11111100; // The first entry, the name of the namespace, is erased.
    expect(() => readIdentity(used)).toThrow(NvsDamage);
    const torn = Buffer.from(image);
    torn[200]! ^= 0x10;
    expect(() => readIdentity(torn)).toThrow(/has a wrong CRC$/);
  });

  test("without TLS needs no certificates", () => {
    expect(refusal({ "settings.json": settings({ tls: false }) })).toBe("it was taken");
  });
});

describe("PEM files", () => {
  const forms: Record<string, (text: string) => Buffer> = {
    "Windows line ends": (text) => Buffer.from(text.replaceAll("\n", "\r\n")),
    "line ends of old Macs": (text) => Buffer.from(text.replaceAll("\n", "\r")),
    "a NUL at the end": (text) => Buffer.from(`${text}\0`),
    "a byte order mark": (text) => Buffer.from(`\uFEFF${text}`),
    "UTF-16, as PowerShell writes it": (text) => Buffer.from(`\uFEFF${text}`, "utf16le"),
    "text around the blocks": (text) => Buffer.from(`Bag Attributes\n  localKeyID: 01\n${text}\n\n`),
    "no end of the last line": (text) => Buffer.from(text.trimEnd()),
    "blanks at the ends of lines": (text) => Buffer.from(text.replaceAll("\n", "  \n")),
  };
  test.each(Object.keys(forms))("with %s become what mbedTLS reads", (form) => {
    const strange = Object.fromEntries(Object.entries(good).map(([name, text]) => [name, textOfFile(forms[form]!(text))]));
    const normal = checkIdentity("lamp", { ...strange, "settings.json": good["settings.json"] ?? "" }, now);
    for (const name of ["cert.pem", "key.pem", "ca.pem"]) expect(normal[name]).toBe(good[name]);
  });

  test("with the parameters that openssl ecparam writes before a key hold the key alone", () => {
    const sec1 = createPrivateKey(good["key.pem"] ?? "")
      .export({ type: "sec1", format: "pem" })
      .toString();
    const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    expect(checkIdentity("lamp", { ...good, "key.pem": parameters + sec1 }, now)["key.pem"]).toBe(sec1);
  });

  test("with a key under a passphrase are refused, in both forms", () => {
    for (const type of ["pkcs8", "sec1"] as const) {
      const locked = createPrivateKey(good["key.pem"] ?? "")
        .export({ type, format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
        .toString();
      expect(refusal({ ...good, "key.pem": locked })).toBe(
        "key.pem is encrypted with a passphrase, and a board has nobody to ask: openssl pkey -in key.pem -out plain.pem writes a plain one",
      );
    }
  });

  test("that are no PEM files are told apart", () => {
    const der = textOfFile(new X509Certificate(good["cert.pem"] ?? "").raw);
    expect(refusal({ ...good, "cert.pem": der })).toBe(
      "cert.pem must hold certificates, and is in DER form: openssl x509 or openssl pkey, with -inform DER, makes PEM of it",
    );
    expect(refusal({ ...good, "cert.pem": "" })).toBe("cert.pem must hold certificates, and holds no PEM block");
    expect(refusal({ ...good, "cert.pem": good["cert.pem"]?.slice(0, 300) })).toBe(
      "cert.pem must hold certificates, and was cut: it has a beginning without its end",
    );
    expect(refusal({ ...good, "key.pem": good["cert.pem"] })).toBe('key.pem must hold a private key, and holds a block "CERTIFICATE"');
    expect(refusal({ ...good, "ca.pem": good["ca.pem"]?.replace("MII", "M!I") })).toBe(
      'ca.pem holds a block "CERTIFICATE" that is not base64',
    );
    expect(refusal({ ...good, "ca.pem": good["ca.pem"]?.replace(/\n.{64}/, "") })).toBe(
      "certificate 1 of ca.pem cannot be read: it is damaged",
    );
    expect(refusal({ ...good, "http-ca.pem": `${good["ca.pem"]}${good["ca.pem"]?.replace(/\n.{64}/, "")}` })).toBe(
      "certificate 2 of http-ca.pem cannot be read: it is damaged",
    );
    expect(refusal({ ...good, "key.pem": good["key.pem"]?.replace(/\n.{20}/, "\n") })).toBe("key.pem cannot be read: it is damaged");
  });
});

describe("what would not get in is refused", () => {
  test.each(["settings.json", "cert.pem", "key.pem", "ca.pem"])("without %s", (name) => {
    expect(refusal({ ...good, [name]: undefined })).toBe(`${name} is missing`);
  });

  test("with a key of another certificate, or a chain in the wrong order", async () => {
    const other = await filesOf();
    const sentence = "key.pem is not the key of cert.pem, or cert.pem does not begin with the device's own certificate";
    expect(refusal({ ...good, "key.pem": other["key.pem"] })).toBe(sentence);
    expect(refusal({ ...good, "cert.pem": `${good["ca.pem"]}${good["cert.pem"]}` })).toBe(sentence);
  });

  test("with private keys where certificates belong, which would give them away", () => {
    for (const name of ["cert.pem", "ca.pem", "http-ca.pem"])
      expect(refusal({ ...good, [name]: `${good["ca.pem"]}${good["key.pem"]}` })).toBe(
        `${name} holds a private key: only key.pem may, and here it would be given away`,
      );
    expect(refusal({ ...good, "key.pem": `${good["key.pem"]}${good["key.pem"]}` })).toBe("key.pem holds 2 keys, and a device has one");
  });

  test("with the device's own certificate for a root", () => {
    expect(refusal({ ...good, "ca.pem": good["cert.pem"] })).toMatch(/^ca\.pem holds the device's own certificate/);
  });

  test.each<[string, CertificateOptions, RegExp]>([
    ["has expired", { fromDays: -30, untilDays: -1 }, /^cert\.pem has expired: it was valid until \d{4}-\d\d-\d\d$/],
    ["is not valid yet", { fromDays: 2 }, /^cert\.pem is not valid yet: it will be from \d{4}-\d\d-\d\d on$/],
    ["is an authority's", { extensions: [new x509.BasicConstraintsExtension(true)] }, /^cert\.pem is the certificate of an authority/],
    ["is a server's", { extensions: [new x509.ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.1"])] }, /^cert\.pem is not for a client/],
    ["only encrypts", { extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyEncipherment)] }, /lacks digitalSignature$/],
    ["is for Ed25519", { key: generateKeyPairSync("ed25519") }, /^key\.pem is ed25519: boards and AWS IoT take EC on P-256/],
    ["is for another curve", { key: generateKeyPairSync("ec", { namedCurve: "secp256k1" }) }, /^key\.pem is secp256k1/],
    ["is for a short RSA key", { key: generateKeyPairSync("rsa", { modulusLength: 1024 }) }, /^key\.pem is RSA of 1024 bits/],
  ])("with a certificate that %s", async (_what, options, sentence) => {
    expect(refusal(await filesOf(options))).toMatch(sentence);
  });

  test.each<[string, CertificateOptions]>([
    ["names clients among its uses", { extensions: [new x509.ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"])] }],
    ["signs", { extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature)] }],
    ["begins in the next minutes, by a clock that is ahead", { fromDays: 5 / 1440 }],
    ["is for P-384", { key: generateKeyPairSync("ec", { namedCurve: "P-384" }) }],
  ])("but not a certificate that %s", async (_what, options) => {
    expect(refusal(await filesOf(options))).toBe("it was taken");
  });

  test.each<[string, string, string]>([
    [
      "an endpoint with a scheme",
      settings({ endpoint: "mqtts://x.amazonaws.com" }),
      'setting "endpoint" must be a host name, without scheme or port',
    ],
    [
      "an endpoint with a port",
      settings({ endpoint: "x.amazonaws.com:8883" }),
      'setting "endpoint" must be a host name, without scheme or port',
    ],
    [
      "an endpoint with a blank",
      settings({ endpoint: "x.amazonaws.com " }),
      'setting "endpoint" must be a host name, without scheme or port',
    ],
    ["a port of 0", settings({ port: 0 }), 'setting "port" must be'],
    ["a thing name of 129 characters", settings({ thingName: "x".repeat(129) }), 'setting "thingName" must have 1 to 128'],
    ["a network without a name", settings({ wifi: { password: "long enough" } }), 'setting "wifi" must have a text "ssid"'],
    ["a network that is text", settings({ wifi: "home" }), 'setting "wifi" must be an object with "ssid" and "password"'],
    [
      "a short password",
      settings({ wifi: { ssid: "x", password: "short" } }),
      'setting "wifi" is wrong: the Wi-Fi password must have 8 to 63 characters',
    ],
  ])("with %s", (_what, text, sentence) => {
    const { thingName } = JSON.parse(text) as { thingName: string };
    expect(refusal({ ...good, "settings.json": text }, thingName)).toContain(`settings.json: ${sentence}`);
  });

  test("with settings that are no JSON, without a word of what they hold", () => {
    expect(refusal({ ...good, "settings.json": '{"wifi":{"password":"secret word"' })).toBe("settings.json is not JSON");
    expect(refusal({ ...good, "settings.json": "[]" })).toBe("settings.json does not hold a JSON object");
  });

  test("for another thing than the one that was named", () => {
    expect(refusal(good, "lamp-2")).toBe('settings.json is for the thing "lamp", not for "lamp-2"');
  });

  test("with a signer's key that boards do not check signatures with", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    expect(checkIdentity("lamp", { ...good, "signer.pem": pem }, now)["signer.pem"]).toBe(pem);
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "pem" }).toString();
    expect(refusal({ ...good, "signer.pem": rsa })).toBe("signer.pem must be an EC key on P-256: firmware is signed with those");
    expect(refusal({ ...good, "signer.pem": pem + pem })).toBe("signer.pem holds 2 keys, and a board has one");
    expect(refusal({ ...good, "signer.pem": privateKey.export({ type: "pkcs8", format: "pem" }).toString() })).toBe(
      "signer.pem holds a private key: only key.pem may, and here it would be given away",
    );
  });
});
