/** What belongs together: policies and their targets, things and their principals. */
import { requireCertificate } from "./certificates";
import { ancestorsOf } from "./group-tree";
import { certificateArn, groupArn, readCertificateArn, readTarget } from "./names";
import { requirePolicy } from "./policies";
import { ControlRefusal } from "./refusals";
import { requireGroup, requireThing } from "./registry";
import type { Group, Store } from "./store";
import type { Turn } from "./turn";

export type ThingPrincipalType = "EXCLUSIVE_THING" | "NON_EXCLUSIVE_THING";

export interface AttachedPolicies {
  /** The ARN of a certificate or a thing group. */
  readonly target: string;
  readonly policyNames: readonly string[];
}

/** Both directions are on record, so that neither a connection nor DeleteThing looks at all attachments. */
export interface PrincipalThings {
  readonly principal: string;
  readonly things: readonly ThingOfPrincipal[];
}

export interface ThingPrincipals {
  readonly thingName: string;
  readonly principals: readonly string[];
}

/** A thing to which a principal is attached. */
export interface ThingOfPrincipal {
  readonly thingName: string;
  readonly thingPrincipalType: ThingPrincipalType;
}

/** Quota: policies that can be attached to a certificate, or to a thing group. */
const maxPolicies = 10;

/** AttachPolicy to a certificate or a thing group. A second time changes nothing. */
export function attachPolicy(turn: Turn, policyName: string, target: string): void {
  requirePolicy(turn.store, policyName);
  const arn = requireTarget(turn, target);
  const attached = policiesOf(turn.store, arn);
  if (attached.includes(policyName)) return;
  if (attached.length >= maxPolicies) {
    throw new ControlRefusal("LimitExceededException", `No more than ${maxPolicies} policies can be attached to ${target}`);
  }
  turn.store.attachedPolicies.put(turn, arn, { target: arn, policyNames: [...attached, policyName] });
}

/** DetachPolicy; one that is not attached is no error, as its page lists no ResourceNotFoundException. */
export function detachPolicy(turn: Turn, policyName: string, target: string): void {
  const arn = ownArn(target);
  const attached = policiesOf(turn.store, arn);
  const left = attached.filter((name) => name !== policyName);
  if (left.length === attached.length) return;
  if (left.length === 0) turn.store.attachedPolicies.remove(turn, arn);
  else turn.store.attachedPolicies.put(turn, arn, { target: arn, policyNames: left });
}

function requireTarget(turn: Turn, target: string): string {
  if (readCertificateArn(target) !== undefined) return requirePrincipal(turn.store, target);
  const group = readTarget(target);
  if (group?.kind !== "thinggroup") {
    throw new ControlRefusal("InvalidRequestException", `${target} is not the ARN of a certificate or a thing group`);
  }
  return groupArn(requireGroup(turn, group.name).groupName);
}

/** The ARN under which a target or a principal is on record, whichever region and account it was named with. */
export function ownArn(arn: string): string {
  const certificateId = readCertificateArn(arn);
  if (certificateId !== undefined) return certificateArn(certificateId);
  const group = readTarget(arn);
  return group?.kind === "thinggroup" ? groupArn(group.name) : arn;
}

/** The policies of a thing group and of the groups above it (developer guide, "Attach a policy to a thing group"). */
export function inheritedPolicies(store: Store, group: Group): string[] {
  const policyNames = [group, ...ancestorsOf(store, group)].flatMap(({ groupName }) => policiesOf(store, groupArn(groupName)));
  return [...new Set(policyNames)];
}

/** The ARN of a certificate that is on record. */
export function requirePrincipal(store: Store, principal: string): string {
  const certificateId = readCertificateArn(principal);
  if (certificateId === undefined) throw new ControlRefusal("InvalidRequestException", `${principal} is not the ARN of a certificate`);
  requireCertificate(store, certificateId);
  return certificateArn(certificateId);
}

/** The policies of a target by name. */
export function policiesOf({ attachedPolicies }: Store, target: string): readonly string[] {
  return attachedPolicies.get(target)?.policyNames ?? [];
}

/** AttachThingPrincipal. A principal that is attached exclusively has no other thing. */
export function attachThingPrincipal(turn: Turn, thingName: string, given: string, type = "NON_EXCLUSIVE_THING"): void {
  const { store } = turn;
  requireThing(turn, thingName);
  const principal = requirePrincipal(store, given);
  if (type !== "EXCLUSIVE_THING" && type !== "NON_EXCLUSIVE_THING") {
    throw new ControlRefusal("InvalidRequestException", `Invalid thingPrincipalType ${type}`);
  }
  const things = thingsOf(store, principal).filter((thing) => thing.thingName !== thingName);
  const wantsAlone = type === "EXCLUSIVE_THING";
  if (things.length > 0 && (wantsAlone || things.some((thing) => thing.thingPrincipalType === "EXCLUSIVE_THING"))) {
    throw new ControlRefusal("InvalidRequestException", `Principal ${principal} is attached to another thing`);
  }
  store.principalThings.put(turn, principal, { principal, things: [...things, { thingName, thingPrincipalType: type }] });
  const principals = principalsOf(store, thingName);
  if (!principals.includes(principal)) store.thingPrincipals.put(turn, thingName, { thingName, principals: [...principals, principal] });
}

export function detachThingPrincipal(turn: Turn, thingName: string, given: string): void {
  const { store } = turn;
  const principal = ownArn(given);
  requireThing(turn, thingName);
  const principals = principalsOf(store, thingName).filter((one) => one !== principal);
  const things = thingsOf(store, principal).filter((thing) => thing.thingName !== thingName);
  if (principals.length === 0) store.thingPrincipals.remove(turn, thingName);
  else store.thingPrincipals.put(turn, thingName, { thingName, principals });
  if (things.length === 0) store.principalThings.remove(turn, principal);
  else store.principalThings.put(turn, principal, { principal, things });
}

export function thingsOf({ principalThings }: Store, principal: string): readonly ThingOfPrincipal[] {
  return principalThings.get(principal)?.things ?? [];
}

export function principalsOf({ thingPrincipals }: Store, thingName: string): readonly string[] {
  return thingPrincipals.get(thingName)?.principals ?? [];
}

/** DeleteThing refuses while a principal is attached (API reference). */
export function refuseWhilePrincipals(store: Store, thingName: string): void {
  if (principalsOf(store, thingName).length === 0) return;
  throw new ControlRefusal("InvalidRequestException", `Cannot delete. Thing ${thingName} is still attached to one or more principals`);
}
