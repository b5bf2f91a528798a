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
import { defaultPlace, findService, type ServiceAddress } from "./place";

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
  return options.aws === true ? openAws(options) : openLocal(options.dir, findService(options.dir));
}

/** The service at an address; its credentials, when it wants any, are kept in `dir`. */
async function openLocal(dir: string, address: Pick<ServiceAddress, "https" | "ca">): Promise<Cloud> {
  const { IoTClient } = await loadSdk();
  const ca = readFileSync(address.ca, "utf8");
  const iot = new IoTClient({
    endpoint: address.https,
    region: "us-east-1",
    credentials: localCredentials(dir),
    requestHandler: { httpsAgent: { ca } },
    maxAttempts: 2,
  });
  return { iot, place: dir, deviceRoots: ca };
}

async function openAws({ dir, profile, region }: CloudOptions): Promise<Cloud> {
  const { IoTClient } = await loadSdk();
  const iot = new IoTClient({ ...(profile !== undefined && { profile }), ...(region !== undefined && { region }) });
  await iot.config.region().catch(() => {
    throw new WrongUsage("no AWS region is set: name one with --region, or set AWS_REGION");
  });
  await iot.config.credentials().catch((error: Error) => {
    throw new CommandFailed(`no AWS credentials were found: run "aws configure" or "aws sso login", or set AWS_PROFILE (${error.message})`);
  });
  return { iot, place: join(dir, "aws"), deviceRoots: amazonRoots() };
}

function loadSdk(): Promise<typeof Sdk> {
  // The SDK's word on Node versions is for whoever builds this program, not for whoever runs it.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  return import("@aws-sdk/client-iot");
}

/** Amazon Root CA 1 (RSA) and 3 (ECDSA), which vouch for AWS IoT's endpoints, out of the roots that Node.js ships. */
function amazonRoots(): string {
  const found = rootCertificates.filter((pem) => /^CN=Amazon Root CA [13]$/m.test(new X509Certificate(pem).subject));
  if (found.length === 0) throw new CommandFailed("this Node.js ships no root certificates of Amazon");
  return `${found.join("\n")}\n`;
}
