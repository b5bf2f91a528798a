/** Named policies with their versions, of which one is in force. */
import { policyArn } from "./names";
import { MalformedPolicy, readPolicy, type PolicyDocument } from "./policy";
import { ControlRefusal, violation } from "./refusals";
import type { Store } from "./store";
import type { Turn } from "./turn";

export interface PolicyVersion {
  readonly versionId: string;
  readonly document: string;
  readonly createdAtMs: number;
}

export interface Policy {
  readonly policyName: string;
  readonly versions: readonly PolicyVersion[];
  readonly defaultVersionId: string;
  readonly lastVersion: number;
  readonly createdAtMs: number;
  readonly lastModifiedAtMs: number;
}

const namePattern = /^[\w+=,.@-]{1,128}$/;
/** Endpoints and quotas, "AWS IoT Core": five versions, and 2,048 characters without white space. */
const maxVersions = 5;
const maxCharacters = 2048;

export function createPolicy(turn: Turn, policyName: string, document: unknown): Policy {
  if (!namePattern.test(policyName)) {
    throw new ControlRefusal("InvalidRequestException", violation(policyName, "policyName", "Member must satisfy [\\w+=,.@-]{1,128}"));
  }
  const text = checked(document);
  if (turn.store.policies.get(policyName) !== undefined) {
    const members = { resourceId: policyName, resourceArn: policyArn(policyName) };
    throw new ControlRefusal(
      "ResourceAlreadyExistsException",
      `Policy cannot be created - name already exists (name=${policyName})`,
      members,
    );
  }
  const { nowMs } = turn;
  const first = { versionId: "1", document: text, createdAtMs: nowMs };
  const times = { createdAtMs: nowMs, lastModifiedAtMs: nowMs };
  const policy: Policy = { policyName, versions: [first], defaultVersionId: "1", lastVersion: 1, ...times };
  turn.store.policies.put(turn, policyName, policy);
  return policy;
}

function checked(document: unknown): string {
  try {
    if (typeof document !== "string") throw new MalformedPolicy("the document is missing");
    if (document.replaceAll(/\s/g, "").length > maxCharacters) throw new MalformedPolicy(`it has more than ${maxCharacters} characters`);
    readPolicy(document);
    return document;
  } catch (error) {
    if (error instanceof MalformedPolicy)
      throw new ControlRefusal("MalformedPolicyException", `Policy document is malformed: ${error.message}`);
    throw error;
  }
}

export function requirePolicy(store: Store, policyName: string): Policy {
  const policy = store.policies.get(policyName);
  if (policy === undefined) throw new ControlRefusal("ResourceNotFoundException", `Policy not found (name=${policyName})`);
  return policy;
}

/** DeletePolicy: without other versions, attached to nothing. */
export function deletePolicy(turn: Turn, policyName: string): void {
  const policy = requirePolicy(turn.store, policyName);
  if (policy.versions.length > 1) {
    const message = `Cannot delete the policy because it has one or more policy versions attached to it (name=${policyName})`;
    throw new ControlRefusal("DeleteConflictException", message);
  }
  if (targetsOf(turn.store, policyName).length > 0) {
    const message = `The policy cannot be deleted as the policy is attached to one or more principals (name=${policyName})`;
    throw new ControlRefusal("DeleteConflictException", message);
  }
  turn.store.policies.remove(turn, policyName);
}

/** The ARNs a policy is attached to. */
export function targetsOf({ attachedPolicies }: Store, policyName: string): string[] {
  return attachedPolicies.values().flatMap(({ target, policyNames }) => (policyNames.includes(policyName) ? [target] : []));
}

export function createPolicyVersion(turn: Turn, policyName: string, document: unknown, setAsDefault = false): PolicyVersion {
  const policy = requirePolicy(turn.store, policyName);
  const text = checked(document);
  if (policy.versions.length >= maxVersions) {
    const message = `The policy ${policyName} already has the maximum number of versions (${maxVersions})`;
    throw new ControlRefusal("VersionsLimitExceededException", message);
  }
  const lastVersion = policy.lastVersion + 1;
  const version = { versionId: String(lastVersion), document: text, createdAtMs: turn.nowMs };
  const versions = [...policy.versions, version];
  replace(turn, { ...policy, versions, lastVersion, ...(setAsDefault && { defaultVersionId: version.versionId }) });
  return version;
}

export function requireVersion(policy: Policy, versionId: string): PolicyVersion {
  const version = policy.versions.find((one) => one.versionId === versionId);
  if (version === undefined) {
    throw new ControlRefusal("ResourceNotFoundException", `Policy version not found (name=${policy.policyName}, version=${versionId})`);
  }
  return version;
}

export function setDefaultPolicyVersion(turn: Turn, policyName: string, versionId: string): void {
  const policy = requirePolicy(turn.store, policyName);
  replace(turn, { ...policy, defaultVersionId: requireVersion(policy, versionId).versionId });
}

export function deletePolicyVersion(turn: Turn, policyName: string, versionId: string): void {
  const policy = requirePolicy(turn.store, policyName);
  const gone = requireVersion(policy, versionId);
  if (versionId === policy.defaultVersionId) {
    throw new ControlRefusal("DeleteConflictException", `Cannot delete the default version of a policy (name=${policyName})`);
  }
  replace(turn, { ...policy, versions: policy.versions.filter((version) => version !== gone) });
}

function replace(turn: Turn, policy: Policy): void {
  turn.store.policies.put(turn, policy.policyName, { ...policy, lastModifiedAtMs: turn.nowMs });
}

const documents = new WeakMap<PolicyVersion, PolicyDocument>();

/** The document in force, read once. */
export function documentInForce(policy: Policy): PolicyDocument {
  const version = requireVersion(policy, policy.defaultVersionId);
  let document = documents.get(version);
  if (document === undefined) documents.set(version, (document = readPolicy(version.document)));
  return document;
}

export function policySummary(policyName: string) {
  return { policyName, policyArn: policyArn(policyName) };
}

/** GetPolicy: the version in force. */
export function policyView(policy: Policy) {
  const { policyName, defaultVersionId, createdAtMs, lastModifiedAtMs } = policy;
  return {
    ...policySummary(policyName),
    policyDocument: requireVersion(policy, defaultVersionId).document,
    defaultVersionId,
    creationDate: createdAtMs / 1000,
    lastModifiedDate: lastModifiedAtMs / 1000,
    generationId: `${policyName}-${policy.lastVersion}`,
  };
}

export function versionSummary(policy: Policy, { versionId, createdAtMs }: PolicyVersion) {
  return { versionId, isDefaultVersion: versionId === policy.defaultVersionId, createDate: createdAtMs / 1000 };
}

/** GetPolicyVersion. */
export function versionView(policy: Policy, version: PolicyVersion) {
  return {
    ...policySummary(policy.policyName),
    policyDocument: version.document,
    policyVersionId: version.versionId,
    isDefaultVersion: version.versionId === policy.defaultVersionId,
    creationDate: version.createdAtMs / 1000,
    lastModifiedDate: version.createdAtMs / 1000,
    generationId: `${policy.policyName}-${version.versionId}`,
  };
}
