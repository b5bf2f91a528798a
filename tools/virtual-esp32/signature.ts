/** mbedTLS's check of a signature over a SHA-256 digest, for `jobsfw.verify` (signature.c): ECDSA on P-256. */
import type { KeyObject } from "node:crypto";
import { X509Certificate, createPublicKey } from "node:crypto";

/** Codes of mbedTLS as Lua sees them; 0 is a good signature. Of a key that is none, mbedTLS has many codes: here they are one. */
const verifyCode = {
  good: 0,
  failed: -0x4e00,
  badInput: -0x3e80,
  keyType: -0x3f00,
  curve: -0x3a00,
  noKey: -0x3d00,
} as const;

const longestKey = 4096;
const shortestSignature = 8;
const longestSignature = 72;

const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const generator: Point = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
};

/** undefined is the point at infinity. */
type Point = { readonly x: bigint; readonly y: bigint } | undefined;

const mod = (value: bigint, by: bigint): bigint => ((value % by) + by) % by;

function inverse(value: bigint, by: bigint): bigint {
  let [r, nextR, s, nextS] = [by, mod(value, by), 0n, 1n];
  while (nextR !== 0n) {
    const q = r / nextR;
    [r, nextR] = [nextR, r - q * nextR];
    [s, nextS] = [nextS, s - q * nextS];
  }
  return mod(s, by);
}

function add(a: Point, b: Point): Point {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.x === b.x && mod(a.y + b.y, p) === 0n) return undefined;
  // The curve's a is -3.
  const slope = a.x === b.x ? (3n * a.x * a.x - 3n) * inverse(2n * a.y, p) : (b.y - a.y) * inverse(b.x - a.x, p);
  const x = mod(slope * slope - a.x - b.x, p);
  return { x, y: mod(slope * (a.x - x) - a.y, p) };
}

function times(point: Point, factor: bigint): Point {
  let sum: Point;
  for (const bit of factor.toString(2)) {
    sum = add(sum, sum);
    if (bit === "1") sum = add(sum, point);
  }
  return sum;
}

/** An INTEGER of DER at `at`, not negative, and what follows it; undefined when there is none, or not in its shortest form. */
function integerAt(der: Buffer, at: number): { readonly value: bigint; readonly end: number } | undefined {
  const size = der[at + 1] ?? 0;
  const bytes = der.subarray(at + 2, at + 2 + size);
  if (der[at] !== 2 || size === 0 || bytes.length !== size || bytes[0]! > 127) return undefined;
  if (size > 1 && bytes[0] === 0 && bytes[1]! < 128) return undefined;
  return { value: BigInt(`0x${bytes.toString("hex")}`), end: at + 2 + size };
}

function isEcdsa(key: KeyObject, digest: Buffer, der: Buffer): boolean {
  const r = integerAt(der, 2);
  const s = r === undefined ? undefined : integerAt(der, r.end);
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || r === undefined || s === undefined || s.end !== der.length) return false;
  if (r.value === 0n || r.value >= n || s.value === 0n || s.value >= n) return false;
  const { x, y } = key.export({ format: "jwk" });
  const coordinate = (text: string | undefined): bigint => BigInt(`0x${Buffer.from(text ?? "", "base64url").toString("hex")}`);
  const w = inverse(s.value, n);
  const sum = add(
    times(generator, mod(BigInt(`0x${digest.toString("hex")}`) * w, n)),
    times({ x: coordinate(x), y: coordinate(y) }, mod(r.value * w, n)),
  );
  return sum !== undefined && mod(sum.x, n) === r.value;
}

const certificates = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;

const publicKey = /-----BEGIN (RSA )?PUBLIC KEY-----.*?-----END (RSA )?PUBLIC KEY-----/s;

/** PEM or DER: a public key, or else the first of certificates that can all be read. A private key is no key here, though Node would take it. */
function readKey(key: Buffer): KeyObject | undefined {
  const text = key.toString("latin1");
  const isPem = text.includes("-----BEGIN ");
  const ways: (() => KeyObject | undefined)[] = [
    () => (isPem ? createPublicKey(publicKey.exec(text)?.[0] ?? "") : createPublicKey({ key, format: "der", type: "spki" })),
    () => (isPem ? text.match(certificates)?.map((pem) => new X509Certificate(pem).publicKey)[0] : new X509Certificate(key).publicKey),
  ];
  for (const way of ways) {
    try {
      return way();
    } catch {
      continue;
    }
  }
  return undefined;
}

/** `pem` is a public key or a certificate, PEM or DER; `digest` has 32 bytes; `signature` is DER. */
export function verifySignature(pem: Buffer, digest: Buffer, signature: Buffer): number {
  if (pem.length === 0 || pem.length > longestKey) return verifyCode.badInput;
  if (signature.length < shortestSignature || signature.length > longestSignature) return verifyCode.badInput;
  const key = readKey(pem);
  if (key === undefined) return verifyCode.noKey;
  if (key.asymmetricKeyType === "rsa") return verifyCode.keyType;
  if (key.asymmetricKeyType !== "ec") return verifyCode.noKey;
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") return verifyCode.curve;
  return isEcdsa(key, digest, signature) ? verifyCode.good : verifyCode.failed;
}
