/** Whether the policies of a certificate allow an action. */
import { inheritedPolicies, policiesOf, thingsOf } from "./attachments";
import { certificateArn } from "./names";
import { documentInForce } from "./policies";
import { isAllowed, type PolicyDocument, type Question, type Variables } from "./policy";
import type { Store, Thing } from "./store";

/** Who asks. The client id is that of the MQTT connection; there is none over HTTPS. */
export interface Requester {
  readonly certificateId: string;
  readonly clientId?: string;
}

/** False also when the certificate is not ACTIVE. */
export function mayDo(store: Store, requester: Requester, question: Question): boolean {
  if (store.certificates.get(requester.certificateId)?.status !== "ACTIVE") return false;
  return isAllowed(documentsOf(store, requester.certificateId), question, variablesOf(store, requester));
}

/** The policies of the certificate, and of the groups of the things that it is attached to, with the groups above. */
function documentsOf(store: Store, certificateId: string): PolicyDocument[] {
  const arn = certificateArn(certificateId);
  const names = new Set(policiesOf(store, arn));
  for (const { thingName } of thingsOf(store, arn)) {
    for (const group of store.things.get(thingName)?.groups ?? []) {
      for (const name of inheritedPolicies(store, group)) names.add(name);
    }
  }
  const documents: PolicyDocument[] = [];
  for (const name of names) {
    const policy = store.policies.get(name);
    if (policy !== undefined) documents.push(documentInForce(policy));
  }
  return documents;
}

/**
 * The thing of an MQTT connection: the one that has the client id as its name and the certificate attached, or the one that the
 * certificate belongs to exclusively (guide, "Thing policy variables"). Over HTTPS there is none.
 */
function thingOf(store: Store, { certificateId, clientId }: Requester): Thing | undefined {
  if (clientId === undefined) return undefined;
  const things = thingsOf(store, certificateArn(certificateId));
  const own = things.find(({ thingName }) => thingName === clientId) ?? things.find((one) => one.thingPrincipalType === "EXCLUSIVE_THING");
  return own === undefined ? undefined : store.things.get(own.thingName);
}

const subjectNames: Readonly<Record<string, string>> = {
  CommonName: "CN",
  Country: "C",
  Organization: "O",
  OrganizationalUnit: "OU",
  State: "ST",
  SerialNumber: "serialNumber",
  Title: "title",
  Surname: "SN",
  GivenName: "GN",
  Initials: "initials",
  Pseudonym: "pseudonym",
  GenerationQualifier: "generationQualifier",
  DistinguishedNameQualifier: "dnQualifier",
};

function variablesOf(store: Store, requester: Requester): Variables {
  const thing = thingOf(store, requester);
  return (name) => {
    switch (name) {
      case "iot:ClientId":
        return requester.clientId;
      case "iot:Connection.Thing.ThingName":
        return thing?.thingName;
      case "iot:Connection.Thing.ThingTypeName":
        return (thing as { readonly thingTypeName?: string } | undefined)?.thingTypeName;
      case "iot:Connection.Thing.IsAttached":
        return requester.clientId === undefined ? undefined : String(thing !== undefined);
    }
    const attribute = /^iot:Connection\.Thing\.Attributes\[(.+)\]$/.exec(name)?.[1];
    if (attribute !== undefined)
      return thing !== undefined && Object.hasOwn(thing.attributes, attribute) ? thing.attributes[attribute] : undefined;
    const part = /^iot:Certificate\.Subject\.(\w+)$/.exec(name)?.[1];
    const key = part !== undefined && Object.hasOwn(subjectNames, part) ? subjectNames[part] : undefined;
    const subject = store.certificates.get(requester.certificateId)?.subject;
    return key !== undefined && subject !== undefined && Object.hasOwn(subject, key) ? subject[key] : undefined;
  };
}
