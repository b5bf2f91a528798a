/**
 * The AWS IoT control plane that commands speak to, through the AWS SDK: the service that `up` started, or AWS IoT Core with `--aws`.
 * Nothing beyond this file knows which of the two it is.
 */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import type * as Sdk from "@aws-sdk/client-iot";
import { Option, type Command } from "commander";
import { CommandFailed, WrongUsage } from "./failing";
import { localCredentials } from "./local-credentials";
import { defaultPlace, findService } from "./place";

/** What every command that speaks to the control plane takes. */
export interface CloudOptions {
  readonly dir: string;
  readonly aws?: boolean;
  readonly profile?: string;
  readonly region?: string;
}

export interface Cloud {
  readonly iot: Sdk.IoTClient;
  /** The folder for what belongs to things of this cloud. */
  readonly place: string;
  /** The roots that a device needs in order to trust its endpoint. PEM. */
  readonly deviceRoots: string;
}

/** Adds `--dir`, `--aws`, `--profile` and `--region`. */
export function withCloudOptions(command: Command): Command {
  return command
    .option("--dir <folder>", "where the service was started", defaultPlace)
    .option("--aws", "AWS IoT Core instead of the local service, with your usual AWS credentials")
    .addOption(new Option("--profile <name>", "of your AWS configuration; implies --aws").implies({ aws: true }))
    .addOption(new Option("--region <name>", "AWS region; implies --aws").implies({ aws: true }));
}

/** The control plane that the options name. */
export async function openCloud(options: CloudOptions): Promise<Cloud> {
  const settings = clientSettings(options);
  const { IoTClient } = await import("@aws-sdk/client-iot");
  const iot = new IoTClient(settings);
  const { dir } = options;
  if (options.aws !== true) return { iot, place: dir, deviceRoots: localRoot(dir) };
  await refuseUnset(iot.config);
  return { iot, place: join(dir, "aws"), deviceRoots: amazonRoots() };
}

/** What a client of the AWS SDK is made with in order to speak to AWS, or else to the service that was started in `dir`. */
export function clientSettings({ dir, aws, profile, region }: CloudOptions) {
  // The SDK's word on Node versions is for whoever builds this program, not for whoever runs it.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  if (aws === true) return { ...(profile !== undefined && { profile }), ...(region !== undefined && { region }) };
  return {
    endpoint: findService(dir).https,
    region: "us-east-1",
    credentials: localCredentials(dir),
    requestHandler: { httpsAgent: { ca: localRoot(dir) } },
    maxAttempts: 2,
  };
}

function localRoot(dir: string): string {
  return readFileSync(findService(dir).ca, "utf8");
}

/** Refuses where the person's AWS configuration lacks what every call needs. */
export async function refuseUnset(config: { region(): Promise<string>; credentials(): Promise<unknown> }): Promise<void> {
  await config.region().catch(() => {
    throw new WrongUsage("no AWS region is set: name one with --region, or set AWS_REGION");
  });
  await config.credentials().catch((error: Error) => {
    throw new CommandFailed(`no AWS credentials were found: run "aws configure" or "aws sso login", or set AWS_PROFILE (${error.message})`);
  });
}

/** Amazon Root CA 1 (RSA) and 3 (ECDSA), which vouch for AWS IoT's endpoints, out of the roots that Node.js ships. */
function amazonRoots(): string {
  const found = rootCertificates.filter((pem) => /^CN=Amazon Root CA [13]$/m.test(new X509Certificate(pem).subject));
  if (found.length === 0) throw new CommandFailed("this Node.js ships no root certificates of Amazon");
  return `${found.join("\n")}\n`;
}
