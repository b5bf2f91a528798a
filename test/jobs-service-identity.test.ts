/** The identity operations of the control plane, called by the AWS SDK as it is. */
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { Agent } from "node:https";
import * as Iot from "@aws-sdk/client-iot";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeSigningRequest } from "../tools/cli/signing-request";
import { devicePolicy } from "../tools/jobs-service/device-policy";
import { securedAroundEachTest, thing } from "./jobs-service/secured-service";

const at = securedAroundEachTest();
const document = JSON.stringify(devicePolicy());
let iot: Iot.IoTClient;
let agent: Agent;
beforeEach(() => {
  agent = new Agent({ ca: at.identity.ca });
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI" };
  iot = new Iot.IoTClient({ endpoint: at.https.href, region: "us-east-1", credentials, requestHandler: { httpsAgent: agent } });
});
afterEach(() => {
  iot.destroy();
  agent.destroy();
});

/** A new certificate of the service's own. */
async function newCertificate(setAsActive: boolean): Promise<{ certificateId: string; arn: string }> {
  const { certificateId = "", certificateArn: arn = "" } = await iot.send(new Iot.CreateKeysAndCertificateCommand({ setAsActive }));
  return { certificateId, arn };
}

describe("certificates", () => {
  it("are made with keys, known by the hash of their DER form, and described without the private key", async () => {
    const made = await iot.send(new Iot.CreateKeysAndCertificateCommand({ setAsActive: true }));
    const { certificateId = "", certificatePem = "", keyPair } = made;
    const certificate = new X509Certificate(certificatePem);
    expect(certificateId).toBe(createHash("sha256").update(certificate.raw).digest("hex"));
    expect(certificate.checkIssued(new X509Certificate(at.identity.ca))).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(keyPair?.PrivateKey ?? ""))).toBe(true);
    expect(createPublicKey(keyPair?.PublicKey ?? "").asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 });
    const { certificateDescription } = await iot.send(new Iot.DescribeCertificateCommand({ certificateId }));
    expect(certificateDescription).toMatchObject({ certificateArn: made.certificateArn, status: "ACTIVE", certificatePem });
    expect(certificateDescription?.creationDate).toBeInstanceOf(Date);
    expect(certificateDescription?.validity?.notAfter?.getUTCFullYear()).toBe(2049);
    expect(JSON.stringify(certificateDescription)).not.toContain("PRIVATE");
  });

  it("are made over a request, whose key never leaves the device", async () => {
    const { request, privateKey } = await makeSigningRequest("my lamp");
    const { certificatePem = "", certificateId } = await iot.send(
      new Iot.CreateCertificateFromCsrCommand({ certificateSigningRequest: request }),
    );
    const certificate = new X509Certificate(certificatePem);
    expect(certificate.subject).toBe("CN=my lamp");
    expect(certificate.checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
    const { certificateDescription } = await iot.send(new Iot.DescribeCertificateCommand({ certificateId }));
    expect(certificateDescription?.status).toBe("INACTIVE");
    const bad = iot.send(new Iot.CreateCertificateFromCsrCommand({ certificateSigningRequest: "nonsense" }));
    await expect(bad).rejects.toBeInstanceOf(Iot.InvalidRequestException);
  });

  it("of another CA are registered once", async () => {
    const foreign = { certificatePem: at.identity.ca, status: Iot.CertificateStatus.ACTIVE };
    const { certificateId = "" } = await iot.send(new Iot.RegisterCertificateWithoutCACommand(foreign));
    const { certificateDescription } = await iot.send(new Iot.DescribeCertificateCommand({ certificateId }));
    expect(certificateDescription).toMatchObject({ status: "ACTIVE", certificateMode: "SNI_ONLY" });
    const again = iot.send(new Iot.RegisterCertificateWithoutCACommand(foreign));
    await expect(again).rejects.toMatchObject({ name: "ResourceAlreadyExistsException", resourceId: certificateId });
    const bad = iot.send(new Iot.RegisterCertificateWithoutCACommand({ certificatePem: "nonsense" }));
    await expect(bad).rejects.toBeInstanceOf(Iot.CertificateValidationException);
  });

  it("are listed page by page, newest first or oldest first", async () => {
    const ids = [(await newCertificate(false)).certificateId, (await newCertificate(true)).certificateId];
    async function listed(ascendingOrder: boolean): Promise<(string | undefined)[]> {
      const found: (string | undefined)[] = [];
      let marker: string | undefined;
      do {
        const page: Iot.ListCertificatesResponse = await iot.send(new Iot.ListCertificatesCommand({ pageSize: 1, marker, ascendingOrder }));
        found.push(...(page.certificates ?? []).map(({ certificateId }) => certificateId));
        marker = page.nextMarker;
      } while (marker !== undefined);
      return found;
    }
    const oldestFirst = await listed(true);
    expect(oldestFirst).toHaveLength(3); // And that of the provisioned thing.
    expect(oldestFirst.slice(1)).toEqual(ids);
    expect(await listed(false)).toEqual([...oldestFirst].reverse());
  });

  it("are deleted once they are inactive and attached to nothing", async () => {
    const { certificateId, arn } = await newCertificate(true);
    const remove = (forceDelete = false): Promise<unknown> => iot.send(new Iot.DeleteCertificateCommand({ certificateId, forceDelete }));
    await iot.send(new Iot.CreatePolicyCommand({ policyName: "p", policyDocument: document }));
    await iot.send(new Iot.AttachPolicyCommand({ policyName: "p", target: arn }));
    await iot.send(new Iot.AttachThingPrincipalCommand({ thingName: thing, principal: arn }));
    await expect(remove()).rejects.toBeInstanceOf(Iot.CertificateStateException);
    await iot.send(new Iot.UpdateCertificateCommand({ certificateId, newStatus: "INACTIVE" }));
    await expect(remove()).rejects.toBeInstanceOf(Iot.DeleteConflictException);
    await expect(remove(true)).rejects.toBeInstanceOf(Iot.DeleteConflictException);
    await iot.send(new Iot.DetachThingPrincipalCommand({ thingName: thing, principal: arn }));
    await expect(remove()).rejects.toBeInstanceOf(Iot.DeleteConflictException);
    await iot.send(new Iot.DetachPolicyCommand({ policyName: "p", target: arn }));
    await remove();
    await expect(remove()).rejects.toBeInstanceOf(Iot.ResourceNotFoundException);
  });

  it("take no status that is AWS's own", async () => {
    const { certificateId } = await newCertificate(true);
    const update = iot.send(new Iot.UpdateCertificateCommand({ certificateId, newStatus: "PENDING_TRANSFER" }));
    await expect(update).rejects.toBeInstanceOf(Iot.InvalidRequestException);
  });
});

describe("policies", () => {
  it("have up to five versions, of which one is in force", async () => {
    const policyName = "lamps";
    const made = await iot.send(new Iot.CreatePolicyCommand({ policyName, policyDocument: document }));
    expect(made).toMatchObject({ policyName, policyVersionId: "1", policyDocument: document });
    const twice = iot.send(new Iot.CreatePolicyCommand({ policyName, policyDocument: document }));
    await expect(twice).rejects.toBeInstanceOf(Iot.ResourceAlreadyExistsException);
    const version = (setAsDefault = false): Promise<Iot.CreatePolicyVersionResponse> =>
      iot.send(new Iot.CreatePolicyVersionCommand({ policyName, policyDocument: document, setAsDefault }));
    expect(await version(true)).toMatchObject({ policyVersionId: "2", isDefaultVersion: true });
    for (let n = 3; n <= 5; n++) await version();
    await expect(version()).rejects.toBeInstanceOf(Iot.VersionsLimitExceededException);
    expect(await iot.send(new Iot.GetPolicyCommand({ policyName }))).toMatchObject({ defaultVersionId: "2" });
    await iot.send(new Iot.SetDefaultPolicyVersionCommand({ policyName, policyVersionId: "5" }));
    const { policyVersions = [] } = await iot.send(new Iot.ListPolicyVersionsCommand({ policyName }));
    expect(policyVersions.map(({ versionId, isDefaultVersion }) => `${versionId ?? ""}${isDefaultVersion === true ? "*" : ""}`)).toEqual([
      "5*",
      "4",
      "3",
      "2",
      "1",
    ]);
    const removeVersion = (policyVersionId: string): Promise<unknown> =>
      iot.send(new Iot.DeletePolicyVersionCommand({ policyName, policyVersionId }));
    await expect(removeVersion("5")).rejects.toBeInstanceOf(Iot.DeleteConflictException);
    await expect(iot.send(new Iot.DeletePolicyCommand({ policyName }))).rejects.toBeInstanceOf(Iot.DeleteConflictException);
    for (const id of ["1", "2", "3", "4"]) await removeVersion(id);
    const last = await iot.send(new Iot.GetPolicyVersionCommand({ policyName, policyVersionId: "5" }));
    expect(last).toMatchObject({ policyDocument: document, isDefaultVersion: true });
    expect(await version()).toMatchObject({ policyVersionId: "6" });
    await removeVersion("6");
    expect((await iot.send(new Iot.ListPoliciesCommand({ pageSize: 50 }))).policies).toContainEqual(
      expect.objectContaining({ policyName }),
    );
    await iot.send(new Iot.DeletePolicyCommand({ policyName }));
    await expect(iot.send(new Iot.GetPolicyCommand({ policyName }))).rejects.toBeInstanceOf(Iot.ResourceNotFoundException);
  });

  it("are refused when they are malformed", async () => {
    const create = (policyDocument: string): Promise<unknown> => iot.send(new Iot.CreatePolicyCommand({ policyName: "p", policyDocument }));
    await expect(create("{}")).rejects.toBeInstanceOf(Iot.MalformedPolicyException);
    await expect(create(JSON.stringify({ ...devicePolicy(), Id: "x".repeat(2048) }))).rejects.toBeInstanceOf(Iot.MalformedPolicyException);
  });

  it("are attached to certificates and thing groups, and found from both ends", async () => {
    const { arn } = await newCertificate(true);
    const { thingGroupArn: group = "" } = await iot.send(new Iot.CreateThingGroupCommand({ thingGroupName: "hall" }));
    await iot.send(new Iot.CreatePolicyCommand({ policyName: "p", policyDocument: document }));
    for (const target of [arn, group, arn]) await iot.send(new Iot.AttachPolicyCommand({ policyName: "p", target }));
    expect((await iot.send(new Iot.ListTargetsForPolicyCommand({ policyName: "p" }))).targets?.sort()).toEqual([arn, group].sort());
    for (const target of [arn, group]) {
      const { policies } = await iot.send(new Iot.ListAttachedPoliciesCommand({ target }));
      expect(policies).toEqual([{ policyName: "p", policyArn: "arn:aws:iot:us-east-1:123456789012:policy/p" }]);
    }
    await expect(iot.send(new Iot.DeletePolicyCommand({ policyName: "p" }))).rejects.toBeInstanceOf(Iot.DeleteConflictException);
    const missing = iot.send(new Iot.AttachPolicyCommand({ policyName: "p", target: arn.replace(/.{4}$/, "0000") }));
    await expect(missing).rejects.toBeInstanceOf(Iot.ResourceNotFoundException);
    const strange = iot.send(new Iot.AttachPolicyCommand({ policyName: "p", target: "lamp-01" }));
    await expect(strange).rejects.toBeInstanceOf(Iot.InvalidRequestException);
  });

  it("of a group above are listed where that is asked for, and region and account in an ARN do not matter", async () => {
    const { thingGroupArn: above = "" } = await iot.send(new Iot.CreateThingGroupCommand({ thingGroupName: "house" }));
    const { thingGroupArn: group = "" } = await iot.send(
      new Iot.CreateThingGroupCommand({ thingGroupName: "attic", parentGroupName: "house" }),
    );
    await iot.send(new Iot.CreatePolicyCommand({ policyName: "p", policyDocument: document }));
    await iot.send(new Iot.AttachPolicyCommand({ policyName: "p", target: above.replace("us-east-1", "eu-west-1") }));
    expect((await iot.send(new Iot.ListAttachedPoliciesCommand({ target: group }))).policies).toEqual([]);
    const { policies } = await iot.send(new Iot.ListAttachedPoliciesCommand({ target: group, recursive: true }));
    expect(policies).toMatchObject([{ policyName: "p" }]);
    await iot.send(new Iot.DetachPolicyCommand({ policyName: "p", target: above.replace("123456789012", "210987654321") }));
    expect((await iot.send(new Iot.ListTargetsForPolicyCommand({ policyName: "p" }))).targets).toEqual([]);
  });

  it("answer to the older calls too", async () => {
    const { arn: principal } = await newCertificate(true);
    await iot.send(new Iot.CreatePolicyCommand({ policyName: "p", policyDocument: document }));
    await iot.send(new Iot.AttachPrincipalPolicyCommand({ policyName: "p", principal }));
    expect((await iot.send(new Iot.ListPrincipalPoliciesCommand({ principal }))).policies).toMatchObject([{ policyName: "p" }]);
    expect((await iot.send(new Iot.ListPolicyPrincipalsCommand({ policyName: "p" }))).principals).toEqual([principal]);
    await iot.send(new Iot.DetachPrincipalPolicyCommand({ policyName: "p", principal }));
    expect((await iot.send(new Iot.ListPrincipalPoliciesCommand({ principal }))).policies).toEqual([]);
  });
});

describe("things and their principals", () => {
  it("are attached and found from both ends", async () => {
    const { arn: principal } = await newCertificate(true);
    const own = await iot.send(new Iot.ListThingPrincipalsCommand({ thingName: thing }));
    await iot.send(new Iot.AttachThingPrincipalCommand({ thingName: thing, principal }));
    const { principals } = await iot.send(new Iot.ListThingPrincipalsCommand({ thingName: thing }));
    expect(principals).toEqual([...(own.principals ?? []), principal]);
    expect((await iot.send(new Iot.ListPrincipalThingsCommand({ principal }))).things).toEqual([thing]);
    const { principalThingObjects } = await iot.send(new Iot.ListPrincipalThingsV2Command({ principal }));
    expect(principalThingObjects).toEqual([{ thingName: thing, thingPrincipalType: "NON_EXCLUSIVE_THING" }]);
    await iot.send(new Iot.DetachThingPrincipalCommand({ thingName: thing, principal }));
    expect((await iot.send(new Iot.ListPrincipalThingsCommand({ principal }))).things).toEqual([]);
    const missing = iot.send(new Iot.AttachThingPrincipalCommand({ thingName: "nobody", principal }));
    await expect(missing).rejects.toBeInstanceOf(Iot.ResourceNotFoundException);
  });

  it("may belong together exclusively", async () => {
    const { arn: principal } = await newCertificate(true);
    await iot.send(new Iot.CreateThingCommand({ thingName: "other" }));
    const thingPrincipalType = Iot.ThingPrincipalType.EXCLUSIVE_THING;
    await iot.send(new Iot.AttachThingPrincipalCommand({ thingName: thing, principal, thingPrincipalType }));
    const { thingPrincipalObjects } = await iot.send(new Iot.ListThingPrincipalsV2Command({ thingName: thing, thingPrincipalType }));
    expect(thingPrincipalObjects).toEqual([{ principal, thingPrincipalType }]);
    const second = iot.send(new Iot.AttachThingPrincipalCommand({ thingName: "other", principal }));
    await expect(second).rejects.toBeInstanceOf(Iot.InvalidRequestException);
  });

  it("keep a thing from being deleted", async () => {
    const remove = (): Promise<unknown> => iot.send(new Iot.DeleteThingCommand({ thingName: thing }));
    await expect(remove()).rejects.toBeInstanceOf(Iot.InvalidRequestException);
    const { principals: [principal] = [] } = await iot.send(new Iot.ListThingPrincipalsCommand({ thingName: thing }));
    await iot.send(new Iot.DetachThingPrincipalCommand({ thingName: thing, principal }));
    await remove();
  });
});
