/** What a device's folder says of it: settings and identity. Whatever is wrong is told in one sentence that names it. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readSettings, type Settings } from "../../settings";
import { readText } from "./files";
import { nodeJson } from "./json";
import type { Identity } from "./mqtt";
import { reasonOf } from "./reason";

export interface DeviceFolder {
  readonly settings: Settings;
  /** Absent when the settings do without TLS. */
  readonly identity: Identity | undefined;
  /** The roots for downloads; undefined means those of Node. */
  readonly httpRoots: string | undefined;
}

function read(dir: string, name: string): string | undefined {
  try {
    return readText(dir, name);
  } catch (error) {
    throw new Error(`${name} cannot be read: ${reasonOf(error)}`);
  }
}

function need(dir: string, name: string): string {
  const text = read(dir, name);
  if (text === undefined) throw new Error(`${name} is missing from ${dir}`);
  return text;
}

/** The name of the file is told, never its contents. */
function parse<T>(name: string, what: string, how: () => T): T {
  try {
    return how();
  } catch {
    throw new Error(`${name} is not ${what} in PEM form`);
  }
}

function readIdentity(dir: string): Identity {
  const identity = { ca: need(dir, "ca.pem"), cert: need(dir, "cert.pem"), key: need(dir, "key.pem") };
  parse("ca.pem", "a certificate", () => new X509Certificate(identity.ca));
  const certificate = parse("cert.pem", "a certificate", () => new X509Certificate(identity.cert));
  const key = parse("key.pem", "a private key", () => createPrivateKey(identity.key));
  if (!certificate.checkPrivateKey(key)) throw new Error("key.pem is not the key of cert.pem");
  return identity;
}

/** Throws an Error whose message is the sentence. */
export function readDeviceFolder(dir: string): DeviceFolder {
  const values = nodeJson.decode(need(dir, "settings.json"));
  if (values === undefined) throw new Error("settings.json is not a JSON object");
  const settings = readSettings(values);
  if ("problem" in settings) throw new Error(`settings.json: ${settings.problem}`);
  const identity = settings.tls ? readIdentity(dir) : undefined;
  const ownRoots = read(dir, "http-ca.pem");
  if (ownRoots !== undefined) parse("http-ca.pem", "a certificate", () => new X509Certificate(ownRoots));
  return { settings, identity, httpRoots: ownRoots ?? identity?.ca ?? read(dir, "ca.pem") };
}
