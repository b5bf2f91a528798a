/** What lets a device in: certificates, policies, and what they are attached to. */
import {
  attachPolicy,
  attachThingPrincipal,
  detachPolicy,
  detachThingPrincipal,
  inheritedPolicies,
  ownArn,
  policiesOf,
  principalsOf,
  requirePrincipal,
  thingsOf,
} from "./attachments";
import { mayDo, type Requester } from "./authorization";
import {
  certificateSummary,
  certificateView,
  deleteCertificate,
  registerCertificate,
  requireCertificate,
  updateCertificate,
  type CertificateInput,
} from "./certificates";
import { certificateArn, readTarget } from "./names";
import {
  createPolicy,
  createPolicyVersion,
  deletePolicy,
  deletePolicyVersion,
  policySummary,
  policyView,
  requirePolicy,
  requireVersion,
  setDefaultPolicyVersion,
  targetsOf,
  versionSummary,
  versionView,
} from "./policies";
import type { Question } from "./policy";
import { ControlRefusal } from "./refusals";
import type { Store } from "./store";
import { Table } from "./table";
import type { Turn } from "./turn";

/** The tables of a store that hold identities. */
export function identityTables() {
  return {
    certificates: new Table("certificate"),
    policies: new Table("policy"),
    attachedPolicies: new Table("attached-policies"),
    principalThings: new Table("principal-things"),
    thingPrincipals: new Table("thing-principals"),
  } satisfies Partial<Store>;
}

export interface IdentityContext {
  readonly store: Store;
  readonly run: <T>(work: (turn: Turn) => T) => T;
  /** Hears of a certificate that is no longer ACTIVE. */
  readonly deactivated: (certificateId: string) => void;
}

/** The calls of the control plane on identities, and the question whether a certificate may do something. */
export function identityCalls({ store, run, deactivated }: IdentityContext) {
  const policyOf = (policyName: string) => requirePolicy(store, policyName);
  return {
    registerCertificate: (input: CertificateInput) =>
      run((turn) => {
        const { certificateId, certificatePem } = registerCertificate(turn, input);
        return { certificateArn: certificateArn(certificateId), certificateId, certificatePem };
      }),
    describeCertificate: (certificateId: string) => certificateView(requireCertificate(store, certificateId)),
    listCertificates: () => store.certificates.values().map(certificateSummary),
    updateCertificate(certificateId: string, newStatus: string): void {
      const changed = run((turn) => updateCertificate(turn, certificateId, newStatus));
      if (changed.status !== "ACTIVE") deactivated(changed.certificateId);
    },
    deleteCertificate: (certificateId: string, force?: boolean): void => run((turn) => deleteCertificate(turn, certificateId, force)),

    createPolicy: (policyName: string, document: unknown) => policyView(run((turn) => createPolicy(turn, policyName, document))),
    getPolicy: (policyName: string) => policyView(policyOf(policyName)),
    listPolicies: () => store.policies.values().map(({ policyName }) => policySummary(policyName)),
    deletePolicy: (policyName: string): void => run((turn) => deletePolicy(turn, policyName)),
    createPolicyVersion: (policyName: string, document: unknown, setAsDefault?: boolean) =>
      run((turn) => {
        const version = createPolicyVersion(turn, policyName, document, setAsDefault);
        return versionView(requirePolicy(turn.store, policyName), version);
      }),
    getPolicyVersion: (policyName: string, versionId: string) =>
      versionView(policyOf(policyName), requireVersion(policyOf(policyName), versionId)),
    listPolicyVersions(policyName: string) {
      const policy = policyOf(policyName);
      return [...policy.versions].reverse().map((version) => versionSummary(policy, version));
    },
    setDefaultPolicyVersion: (policyName: string, versionId: string): void =>
      run((turn) => setDefaultPolicyVersion(turn, policyName, versionId)),
    deletePolicyVersion: (policyName: string, versionId: string): void => run((turn) => deletePolicyVersion(turn, policyName, versionId)),

    attachPolicy: (policyName: string, target: string): void => run((turn) => attachPolicy(turn, policyName, target)),
    detachPolicy: (policyName: string, target: string): void => run((turn) => detachPolicy(turn, policyName, target)),
    /** `recursive` tells those too that a thing group has from the groups above it. */
    listAttachedPolicies: (target: string, recursive = false) => attachedTo(store, target, recursive).map(policySummary),
    listTargetsForPolicy: (policyName: string) => targetsOf(store, policyOf(policyName).policyName),

    attachThingPrincipal: (thingName: string, principal: string, type?: string): void =>
      run((turn) => attachThingPrincipal(turn, thingName, principal, type)),
    detachThingPrincipal: (thingName: string, principal: string): void => run((turn) => detachThingPrincipal(turn, thingName, principal)),
    listThingPrincipals: (thingName: string, type?: string) =>
      principalsOf(store, checkThing(store, thingName))
        .map((principal) => ({ principal, thingPrincipalType: typeOf(store, principal, thingName) }))
        .filter(({ thingPrincipalType }) => type === undefined || thingPrincipalType === type),
    listPrincipalThings: (principal: string, type?: string) =>
      thingsOf(store, requirePrincipal(store, principal)).filter(
        ({ thingPrincipalType }) => type === undefined || thingPrincipalType === type,
      ),

    /** Whether a certificate is known, ACTIVE and not expired; undefined or why not. */
    refusalOf(certificateId: string, nowMs: number): string | undefined {
      const certificate = store.certificates.get(certificateId);
      if (certificate === undefined) return "it is not registered";
      if (certificate.notAfterMs < nowMs) return "it has expired";
      return certificate.status === "ACTIVE" ? undefined : `it is ${certificate.status}`;
    },
    /** Whether the policies of a certificate allow something. */
    mayDo: (requester: Requester, question: Question): boolean => mayDo(store, requester, question),
  };
}

function typeOf(store: Store, principal: string, thingName: string) {
  return thingsOf(store, principal).find((thing) => thing.thingName === thingName)?.thingPrincipalType ?? "NON_EXCLUSIVE_THING";
}

function checkThing({ things }: Store, thingName: string): string {
  if (!things.has(thingName)) throw new ControlRefusal("ResourceNotFoundException", `Thing ${thingName} not found.`);
  return thingName;
}

function attachedTo(store: Store, target: string, recursive: boolean): readonly string[] {
  const named = readTarget(target);
  if (named === undefined) return policiesOf(store, requirePrincipal(store, target));
  const group = named.kind === "thinggroup" ? store.groups.get(named.name) : undefined;
  if (group !== undefined) return recursive ? inheritedPolicies(store, group) : policiesOf(store, ownArn(target));
  throw new ControlRefusal("ResourceNotFoundException", `Target ${target} not found.`);
}
