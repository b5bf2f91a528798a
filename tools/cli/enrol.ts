/**
 * Gives a thing its identity through the AWS API: the thing, a certificate for a key that never leaves this computer, and the policy.
 * What exists already is used again.
 */
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateCertificateFromCsrCommand,
  CreatePolicyCommand,
  CreateThingCommand,
  DescribeCertificateCommand,
  DescribeEndpointCommand,
  GetPolicyCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from "@aws-sdk/client-iot";
import { devicePolicy, devicePolicyName } from "../jobs-service/device-policy";
import { makeSigningRequest } from "./signing-request";
import type { Cloud } from "./cloud";
import { CommandFailed } from "./failing";
import { identityFiles } from "./identity";
import { fileNameOf } from "./place";
import { writePrivate } from "./provision-files";

/** The files of a thing's identity, as boards and agents read them. The thing is made where it is missing. */
export async function enrol(cloud: Cloud, thingName: string, extra: Record<string, unknown> = {}): Promise<Record<string, string>> {
  const { thingArn } = await cloud.iot.send(new CreateThingCommand({ thingName }));
  const { certificateArn, ...keys } = (await keysOnFile(cloud, thingName)) ?? (await newKeys(cloud, thingName));
  // Also for keys that were there: whoever was interrupted, or refused one of these, tries again.
  await allow(cloud, thingName, certificateArn, accountOf(thingArn));
  return identityFiles({ thingName, ...keys, ca: cloud.deviceRoots }, await endpointOf(cloud), extra);
}

interface Keys {
  readonly certificate: string;
  readonly certificateArn: string;
  readonly privateKey: string;
}

/** A thing's key pair is kept per thing. */
function keyFolder({ place }: Cloud, thingName: string): string {
  return join(place, "identities", fileNameOf(thingName));
}

/** The certificate of a key, or undefined where the two do not belong together. */
function certificateOf(certificate: string, privateKey: string): X509Certificate | undefined {
  try {
    const read = new X509Certificate(certificate);
    return read.checkPrivateKey(createPrivateKey(privateKey)) ? read : undefined;
  } catch {
    return undefined;
  }
}

/** The pair that was made earlier, provided that the cloud still takes it. */
async function keysOnFile(cloud: Cloud, thingName: string): Promise<Keys | undefined> {
  const folder = keyFolder(cloud, thingName);
  const [certificateFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  if (!existsSync(certificateFile) || !existsSync(keyFile)) return undefined;
  const [certificate, privateKey] = [readFileSync(certificateFile, "utf8"), readFileSync(keyFile, "utf8")];
  const own = certificateOf(certificate, privateKey);
  if (own === undefined) return undefined;
  // AWS names a certificate by the SHA-256 of its DER form.
  const certificateId = createHash("sha256").update(own.raw).digest("hex");
  try {
    const { certificateDescription: found } = await cloud.iot.send(new DescribeCertificateCommand({ certificateId }));
    if (found?.status !== "ACTIVE" || found.certificateArn === undefined) return undefined;
    return { certificate, privateKey, certificateArn: found.certificateArn };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function newKeys(cloud: Cloud, thingName: string): Promise<Keys> {
  const folder = keyFolder(cloud, thingName);
  const { request, privateKey } = await makeSigningRequest(thingName);
  // Before there is a certificate for it: a certificate whose key was lost would stay in the account for nothing.
  writePrivate(join(folder, "key.pem"), privateKey);
  const made = await cloud.iot.send(new CreateCertificateFromCsrCommand({ certificateSigningRequest: request, setAsActive: true }));
  const { certificateArn, certificatePem: certificate } = made;
  if (certificateArn === undefined || certificate === undefined) throw new CommandFailed(`no certificate was made for ${thingName}`);
  writePrivate(join(folder, "cert.pem"), certificate);
  return { certificate, certificateArn, privateKey };
}

/** Lets the holder of a certificate be the thing, and no more. What is so already stays so. */
async function allow({ iot }: Cloud, thingName: string, certificateArn: string, account: Account): Promise<void> {
  const wanted = devicePolicy(account.region, account.id);
  try {
    await iot.send(new CreatePolicyCommand({ policyName: devicePolicyName, policyDocument: JSON.stringify(wanted) }));
  } catch (error) {
    if (!(error instanceof ResourceAlreadyExistsException)) throw error;
    const { policyDocument = "{}" } = await iot.send(new GetPolicyCommand({ policyName: devicePolicyName }));
    if (!isDeepStrictEqual(JSON.parse(policyDocument), wanted))
      process.stderr.write(
        `The policy ${devicePolicyName} is there already and is not the smallest one that works: the device gets what that one allows.\n`,
      );
  }
  await iot.send(new AttachPolicyCommand({ policyName: devicePolicyName, target: certificateArn }));
  await iot.send(new AttachThingPrincipalCommand({ thingName, principal: certificateArn }));
}

interface Account {
  readonly region: string;
  readonly id: string;
}

/** `arn:aws:iot:REGION:ACCOUNT:thing/NAME`. */
function accountOf(thingArn: string | undefined): Account {
  const [, , , region, id] = (thingArn ?? "").split(":");
  if (region === undefined || id === undefined) throw new CommandFailed(`the thing's ARN is not understood: ${thingArn ?? "none"}`);
  return { region, id };
}

/** Where devices connect. AWS gives a host name; a local service adds its port. */
async function endpointOf({ iot }: Cloud): Promise<{ mqtts: string }> {
  const { endpointAddress } = await iot.send(new DescribeEndpointCommand({ endpointType: "iot:Data-ATS" }));
  const { hostname, port } = new URL(`mqtts://${endpointAddress ?? ""}`);
  return { mqtts: `mqtts://${hostname}:${port === "" ? "8883" : port}` };
}
