/**
 * Where a board keeps who it is, in its NVS partition. Each value is a blob under the name of the file that holds the same on a
 * computer or on a board with stock firmware: whatever reads an identity has one set of names, and one form for each value.
 *
 * A blob, because that is what `jobsfw.get` reads (`nvs_get_blob`), and because chains of certificates outgrow the 4,000 bytes of a
 * string. No NUL at the end: a board adds the one that mbedTLS wants.
 */

/** The NVS namespace. The Wi-Fi driver and the agent's own records have others: erasing this one makes a board forget who it is. */
export const identityNamespace = "identity";

export interface IdentityKey {
  /** The NVS key and the name of the file. NVS keeps 15 characters. */
  readonly name: string;
  readonly holds: string;
  /** What the value is: JSON, certificates, a private key, or a public one. All are text; PEM has line feeds alone. */
  readonly form: "settings" | "certificates" | "privateKey" | "publicKey";
  /** False where a board works without. What is needed for TLS is not needed where the settings say `"tls": false`. */
  readonly needed: "always" | "forTls" | "never";
}

export const identityKeys: readonly IdentityKey[] = [
  {
    name: "settings.json",
    holds: "the settings: thing name, endpoint, port, Wi-Fi name and password, what is allowed",
    form: "settings",
    needed: "always",
  },
  { name: "cert.pem", holds: "the device's certificate, and those between it and its root", form: "certificates", needed: "forTls" },
  { name: "key.pem", holds: "its private key", form: "privateKey", needed: "forTls" },
  { name: "ca.pem", holds: "the roots that the endpoint's certificate goes back to", form: "certificates", needed: "forTls" },
  {
    name: "http-ca.pem",
    holds: "the roots for downloads, where those of `ca.pem` are not the right ones",
    form: "certificates",
    needed: "never",
  },
  {
    name: "signer.pem",
    holds: "the public key of whoever signs firmware: with it, a board refuses firmware that this key did not sign",
    form: "publicKey",
    needed: "never",
  },
];

/** An identity: contents by file name. */
export type IdentityFiles = Readonly<Record<string, string>>;
