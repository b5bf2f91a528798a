/** Client certificates: what is on record of each. Private keys never come here. */
import { createHash, X509Certificate } from "node:crypto";
import { certificateArn } from "./names";
import { ControlRefusal } from "./refusals";
import type { Store } from "./store";
import type { Turn } from "./turn";

export type CertificateStatus = "ACTIVE" | "INACTIVE" | "REVOKED";

export interface Certificate {
  /** SHA-256 of the DER form, lower-case hex. */
  readonly certificateId: string;
  readonly certificatePem: string;
  readonly status: CertificateStatus;
  /** SNI_ONLY is a certificate that was registered without its CA. */
  readonly certificateMode: "DEFAULT" | "SNI_ONLY";
  /** The names in the subject, such as CN. */
  readonly subject: Readonly<Record<string, string>>;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly createdAtMs: number;
  readonly lastModifiedAtMs: number;
}

export interface CertificateInput {
  readonly certificatePem: string;
  /** INACTIVE unless given. */
  readonly status?: string;
  readonly certificateMode?: Certificate["certificateMode"];
}

const statuses: readonly string[] = ["ACTIVE", "INACTIVE", "REVOKED"];

/** The id by which AWS knows a certificate. */
export function certificateIdOf(der: Uint8Array): string {
  return createHash("sha256").update(der).digest("hex");
}

/** Puts a certificate on record. */
export function registerCertificate(turn: Turn, input: CertificateInput): Certificate {
  const { certificatePem, certificateMode = "DEFAULT" } = input;
  const x509 = readCertificate(certificatePem);
  const certificateId = certificateIdOf(x509.raw);
  const status = readStatus(input.status ?? "INACTIVE");
  if (turn.store.certificates.get(certificateId) !== undefined) {
    const members = { resourceId: certificateId, resourceArn: certificateArn(certificateId) };
    throw new ControlRefusal("ResourceAlreadyExistsException", "The certificate is already provisioned or registered", members);
  }
  const certificate: Certificate = {
    certificateId,
    certificatePem,
    status,
    certificateMode,
    subject: subjectOf(x509),
    notBeforeMs: Date.parse(x509.validFrom),
    notAfterMs: Date.parse(x509.validTo),
    createdAtMs: turn.nowMs,
    lastModifiedAtMs: turn.nowMs,
  };
  turn.store.certificates.put(turn, certificateId, certificate);
  return certificate;
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new ControlRefusal("CertificateValidationException", "The certificate is not an X.509 certificate in PEM form");
  }
}

function readStatus(status: string): CertificateStatus {
  if (statuses.includes(status)) return status as CertificateStatus;
  // PENDING_TRANSFER and PENDING_ACTIVATION are AWS's own, and it refuses them (API reference, UpdateCertificate).
  throw new ControlRefusal("InvalidRequestException", `Invalid certificate status ${status}`);
}

/** The first value of each name; `node:crypto` gives one a line. */
function subjectOf({ subject }: X509Certificate): Record<string, string> {
  const names: Record<string, string> = {};
  for (const line of (subject as string | undefined)?.split("\n") ?? []) {
    const at = line.indexOf("=");
    if (at > 0) names[line.slice(0, at)] ??= line.slice(at + 1);
  }
  return names;
}

export function requireCertificate(store: Store, certificateId: string): Certificate {
  // The API model allows a prefix and capitals.
  const certificate = store.certificates.get(certificateId.replace(/^0x/, "").toLowerCase());
  if (certificate === undefined) {
    throw new ControlRefusal("ResourceNotFoundException", `No certificate exists with the id ${certificateId}`);
  }
  return certificate;
}

/** UpdateCertificate; the same status again changes nothing. */
export function updateCertificate(turn: Turn, certificateId: string, newStatus: string): Certificate {
  const certificate = requireCertificate(turn.store, certificateId);
  const status = readStatus(newStatus);
  if (status === certificate.status) return certificate;
  const changed = { ...certificate, status, lastModifiedAtMs: turn.nowMs };
  turn.store.certificates.put(turn, certificate.certificateId, changed);
  return changed;
}

/** DeleteCertificate: an inactive one, attached to nothing. `force` passes over attached policies (API reference). */
export function deleteCertificate(turn: Turn, given: string, force = false): void {
  const { store } = turn;
  const { certificateId, status } = requireCertificate(store, given);
  const arn = certificateArn(certificateId);
  if (status === "ACTIVE") {
    throw new ControlRefusal(
      "CertificateStateException",
      `Certificate must be deactivated (not ACTIVE) before deletion (id=${certificateId})`,
    );
  }
  if (store.principalThings.get(arn) !== undefined) {
    throw new ControlRefusal("DeleteConflictException", `Things must be detached before deletion (arn: ${arn})`);
  }
  if (!force && store.attachedPolicies.get(arn) !== undefined) {
    throw new ControlRefusal("DeleteConflictException", `Certificate policies must be detached before deletion (arn: ${arn})`);
  }
  store.attachedPolicies.remove(turn, arn);
  store.certificates.remove(turn, certificateId);
}

export function certificateSummary({ certificateId, status, certificateMode, createdAtMs }: Certificate) {
  return { certificateArn: certificateArn(certificateId), certificateId, status, certificateMode, creationDate: createdAtMs / 1000 };
}

export function certificateView(certificate: Certificate) {
  const { certificatePem, lastModifiedAtMs, notBeforeMs, notAfterMs } = certificate;
  return {
    ...certificateSummary(certificate),
    certificatePem,
    ownedBy: certificateArn("").split(":")[4],
    lastModifiedDate: lastModifiedAtMs / 1000,
    customerVersion: 1,
    generationId: certificate.certificateId.slice(0, 32),
    validity: { notBefore: notBeforeMs / 1000, notAfter: notAfterMs / 1000 },
  };
}
