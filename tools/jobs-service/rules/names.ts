/** The patterns that AWS names obey (API model), and the ARNs made of them. */
import { createHash } from "node:crypto";

export const thingNamePattern = /^[a-zA-Z0-9:_-]{1,128}$/;
export const jobIdPattern = /^[a-zA-Z0-9_-]{1,64}$/;
export const namespacePattern = /^[a-zA-Z0-9_-]+$/;
export const detailsKeyPattern = /^[a-zA-Z0-9:_-]{1,128}$/;
/** No control, format, private or unassigned characters: what the model writes as `[^\p{C}]+`. */
export const plainTextPattern = /^[^\p{C}]+$/u;
export const reasonCodePattern = /^[\p{Lu}\p{Nd}_]{1,128}$/u;

/** Region and account stand in every ARN; the guide's own examples use these. */
const arnPrefix = "arn:aws:iot:us-east-1:123456789012:";

export function thingArn(thingName: string): string {
  return `${arnPrefix}thing/${thingName}`;
}

export function groupArn(groupName: string): string {
  return `${arnPrefix}thinggroup/${groupName}`;
}

export function jobArn(jobId: string): string {
  return `${arnPrefix}job/${jobId}`;
}

export function jobTemplateArn(jobTemplateId: string): string {
  return `${arnPrefix}jobtemplate/${jobTemplateId}`;
}

/** AWS's own templates belong to no account. */
export function managedTemplateArn(templateName: string, templateVersion: string): string {
  return `arn:aws:iot:us-east-1::jobtemplate/${templateName}:${templateVersion}`;
}

export function thingTypeArn(thingTypeName: string): string {
  return `${arnPrefix}thingtype/${thingTypeName}`;
}

export function certificateArn(certificateId: string): string {
  return `${arnPrefix}cert/${certificateId}`;
}

export function policyArn(policyName: string): string {
  return `${arnPrefix}policy/${policyName}`;
}

/** The id in a certificate's ARN, whatever its region and account. */
export function readCertificateArn(arn: string): string | undefined {
  return /^arn:[a-z-]+:iot:[a-z0-9-]*:[0-9]*:cert\/([a-f0-9]{64})$/.exec(arn)?.[1];
}

/** The id that AWS gives beside a name: any UUID will do, and one made from the name needs no chance. */
export function idOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
}

export function groupId(groupName: string): string {
  return idOf(`group ${groupName}`);
}

/** What a job can be sent to. */
export type Target = { readonly kind: "thing" | "thinggroup"; readonly name: string };

/** Reads a target's ARN, whatever its region and account. Undefined when it is none. */
export function readTarget(arn: string): Target | undefined {
  const parts = /^arn:[a-z-]+:iot:[a-z0-9-]*:[0-9]*:(thing|thinggroup)\/([a-zA-Z0-9:_-]{1,128})$/.exec(arn);
  if (parts === null) return undefined;
  return { kind: parts[1] as Target["kind"], name: parts[2] ?? "" };
}
