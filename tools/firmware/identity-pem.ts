/** Certificates and keys as people have them, made into what mbedTLS reads with the fewest bytes. Says what a file is when it is not what it should be. */
import { FirmwareProblem } from "./problem";

/** One block of a PEM file. */
interface Block {
  readonly label: string;
  readonly base64: string;
}

/** The text of a file. Windows PowerShell redirects in UTF-16, editors there put a mark in front, and firmware tools a NUL at the end. */
export function textOfFile(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return bytes
    .toString(isUtf16 ? "utf16le" : "utf8")
    .replace(/^\uFEFF/, "")
    .replace(/\0+$/, "");
}

function blocksOf(name: string, text: string): Block[] {
  const blocks: Block[] = [];
  for (const [, label = "", body = ""] of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^]*?)-----END \1-----/g)) {
    if (label === "ENCRYPTED PRIVATE KEY" || /^\s*Proc-Type:.*ENCRYPTED/.test(body))
      throw new FirmwareProblem(
        `${name} is encrypted with a passphrase, and a board has nobody to ask: openssl pkey -in ${name} -out plain.pem writes a plain one`,
      );
    const base64 = body.replace(/\s+/g, "");
    if (base64 === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64))
      throw new FirmwareProblem(`${name} holds a block "${label}" that is not base64`);
    blocks.push({ label, base64 });
  }
  return blocks;
}

/** What is often there instead. */
function whatElse(text: string, [first]: readonly Block[]): string {
  if (first !== undefined) return `holds a block "${first.label}"`;
  if (text.includes("-----BEGIN ")) return "was cut: it has a beginning without its end";
  // A DER file begins with a SEQUENCE of some length.
  if (/^0[\x80-\xff\uFFFD]/.test(text)) return "is in DER form: openssl x509 or openssl pkey, with -inform DER, makes PEM of it";
  return "holds no PEM block";
}

const labels = {
  certificates: ["CERTIFICATE"],
  privateKey: ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"],
  publicKey: ["PUBLIC KEY", "CERTIFICATE"],
} as const;

const contents = { certificates: "certificates", privateKey: "a private key", publicKey: "a public key" } as const;

/**
 * The blocks of one kind, each by itself, with line feeds alone, lines of 64 characters, and nothing between or around them. What
 * OpenSSL writes before an EC key, its parameters, is left out.
 */
export function normalPems(name: string, text: string, kind: keyof typeof labels): string[] {
  const blocks = blocksOf(name, text).filter(({ label }) => label !== "EC PARAMETERS");
  const wanted: readonly string[] = labels[kind];
  if (kind !== "privateKey" && blocks.some(({ label }) => label.endsWith("PRIVATE KEY")))
    throw new FirmwareProblem(`${name} holds a private key: only key.pem may, and here it would be given away`);
  const fitting = blocks.filter(({ label }) => wanted.includes(label));
  if (fitting.length === 0) throw new FirmwareProblem(`${name} must hold ${contents[kind]}, and ${whatElse(text, blocks)}`);
  return fitting.map(({ label, base64 }) => `-----BEGIN ${label}-----\n${base64.replace(/.{1,64}/g, "$&\n")}-----END ${label}-----\n`);
}
