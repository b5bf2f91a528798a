/**
 * Gives a thing its identity through the AWS API: the thing, a certificate for a key that never leaves this computer, and the policy.
 * What exists already is used again.
 */
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateCertificateFromCsrCommand,
  CreatePolicyCommand,
  CreateThingCommand,
  DescribeCertificateCommand,
  DescribeEndpointCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from "@aws-sdk/client-iot";
import { devicePolicy, devicePolicyName } from "../jobs-service/device-policy";
import { makeSigningRequest } from "./signing-request";
import type { Cloud } from "./cloud";
import { CommandFailed } from "./failing";
import { identityFiles } from "./identity";
import { fileNameOf } from "./place";

/** The files of a thing's identity, as boards and agents read them. The thing is made where it is missing. */
export async function enrol(cloud: Cloud, thingName: string, extra: Record<string, unknown> = {}): Promise<Record<string, string>> {
  const { thingArn } = await cloud.iot.send(new CreateThingCommand({ thingName }));
  const keys = (await keysOnFile(cloud, thingName)) ?? (await newKeys(cloud, thingName, accountOf(thingArn)));
  return identityFiles({ thingName, ...keys, ca: cloud.deviceRoots }, await endpointOf(cloud), extra);
}

interface Keys {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A thing's key pair is kept per thing. */
function keyFolder({ place }: Cloud, thingName: string): string {
  return join(place, "identities", fileNameOf(thingName));
}

/** The pair that was made earlier, provided that the cloud still takes it. */
async function keysOnFile(cloud: Cloud, thingName: string): Promise<Keys | undefined> {
  const folder = keyFolder(cloud, thingName);
  const [certificateFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  if (!existsSync(certificateFile) || !existsSync(keyFile)) return undefined;
  const [certificate, privateKey] = [readFileSync(certificateFile, "utf8"), readFileSync(keyFile, "utf8")];
  // AWS names a certificate by the SHA-256 of its DER form.
  const certificateId = createHash("sha256").update(new X509Certificate(certificate).raw).digest("hex");
  try {
    const { certificateDescription } = await cloud.iot.send(new DescribeCertificateCommand({ certificateId }));
    return certificateDescription?.status === "ACTIVE" ? { certificate, privateKey } : undefined;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function newKeys(cloud: Cloud, thingName: string, account: Account): Promise<Keys> {
  const { request, privateKey } = await makeSigningRequest(thingName);
  const { iot } = cloud;
  const made = await iot.send(new CreateCertificateFromCsrCommand({ certificateSigningRequest: request, setAsActive: true }));
  const { certificateArn: target, certificatePem: certificate } = made;
  if (target === undefined || certificate === undefined) throw new CommandFailed(`no certificate was made for ${thingName}`);
  try {
    await iot.send(
      new CreatePolicyCommand({ policyName: devicePolicyName, policyDocument: JSON.stringify(devicePolicy(account.region, account.id)) }),
    );
  } catch (error) {
    if (!(error instanceof ResourceAlreadyExistsException)) throw error;
  }
  await iot.send(new AttachPolicyCommand({ policyName: devicePolicyName, target }));
  await iot.send(new AttachThingPrincipalCommand({ thingName, principal: target }));
  const folder = keyFolder(cloud, thingName);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "key.pem"), privateKey, { mode: 0o600 });
  writeFileSync(join(folder, "cert.pem"), certificate, { mode: 0o600 });
  return { certificate, privateKey };
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
