/** Gives a thing all that it needs to connect: a certificate, and the smallest policy that works. */
import { X509Certificate } from "node:crypto";
import type { Identity } from "./certificates";
import { devicePolicy, devicePolicyName } from "./device-policy";
import { ControlRefusal, type Rules } from "./rules";
import { certificateIdOf } from "./rules/certificates";

/** Registers the thing and its certificate. What is on record already stays as it is, an inactive certificate too. */
export function provisionThing(rules: Rules, thingName: string, { certificate }: Pick<Identity, "certificate">): void {
  const { identities } = rules;
  if (!rules.hasThing(thingName)) rules.createThing(thingName);
  if (isRegistered(rules, certificateIdOf(new X509Certificate(certificate).raw))) return;
  if (!isThere(() => identities.getPolicy(devicePolicyName))) identities.createPolicy(devicePolicyName, JSON.stringify(devicePolicy()));
  const { certificateArn } = identities.registerCertificate({ certificatePem: certificate, status: "ACTIVE" });
  identities.attachPolicy(devicePolicyName, certificateArn);
  identities.attachThingPrincipal(thingName, certificateArn);
}

function isRegistered({ identities }: Rules, certificateId: string): boolean {
  return isThere(() => identities.describeCertificate(certificateId));
}

function isThere(find: () => unknown): boolean {
  try {
    find();
    return true;
  } catch (error) {
    if (error instanceof ControlRefusal && error.name === "ResourceNotFoundException") return false;
    throw error;
  }
}
