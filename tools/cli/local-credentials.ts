/** The access key of a local service, kept beside it in the format that AWS's own tools read from AWS_SHARED_CREDENTIALS_FILE. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What a service that wants no signature is sent. */
const anyKey: AccessKey = { accessKeyId: "local", secretAccessKey: "local" };

/** The file in which a service's access key is kept. */
export function credentialsFile(place: string): string {
  return join(place, "credentials");
}

/** The key that a service in this folder asks for, or one that does for a service that asks for none. */
export function localCredentials(place: string): AccessKey {
  const file = credentialsFile(place);
  if (!existsSync(file)) return anyKey;
  const text = readFileSync(file, "utf8");
  const member = (name: string): string | undefined => new RegExp(`^${name} *= *(\\S+)$`, "m").exec(text)?.[1];
  const [accessKeyId, secretAccessKey] = [member("aws_access_key_id"), member("aws_secret_access_key")];
  return accessKeyId === undefined || secretAccessKey === undefined ? anyKey : { accessKeyId, secretAccessKey };
}

/** The key on file, or a new one put there, readable by its owner alone. */
export function keepCredentials(place: string): AccessKey {
  const file = credentialsFile(place);
  if (!existsSync(file)) {
    const [id, secret] = [randomBytes(8).toString("hex").toUpperCase(), randomBytes(30).toString("base64url")];
    mkdirSync(place, { recursive: true, mode: 0o700 });
    writeFileSync(file, `[default]\naws_access_key_id = LOCAL${id}\naws_secret_access_key = ${secret}\n`, { mode: 0o600 });
  }
  return localCredentials(place);
}
