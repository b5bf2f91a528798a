/** esp32-jobs env: the environment in which AWS's own tools speak to the local service. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { credentialsFile, localCredentials } from "./local-credentials";
import { printJson } from "./output";
import { defaultPlace, findService } from "./place";

/** What would name other credentials: those in the environment go before those in a file, or the other way round, as the tool pleases. */
export const otherCredentials: readonly string[] = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_SHARED_CREDENTIALS_FILE",
];

/** Variables that the AWS CLI and the SDKs read; `otherCredentials` that are not among them must not be set. A secret stays in its file. */
export function environmentOf(place: string): Record<string, string> {
  const { https, ca } = findService(place);
  const file = credentialsFile(place);
  const { accessKeyId, secretAccessKey } = localCredentials(place);
  return {
    AWS_ENDPOINT_URL: new URL(https).origin,
    AWS_ENDPOINT_URL_S3: `${new URL(https).origin}/objects`,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    ...(existsSync(file)
      ? { AWS_SHARED_CREDENTIALS_FILE: resolve(file), AWS_PROFILE: "default" }
      : { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }),
    AWS_CA_BUNDLE: resolve(ca), // The AWS CLI and Python.
    NODE_EXTRA_CA_CERTS: resolve(ca), // The SDK for JavaScript.
  };
}

function env({ dir, json }: { readonly dir: string; readonly json?: boolean }): void {
  const variables = environmentOf(dir);
  if (json === true) return printJson(variables);
  const unwanted = otherCredentials.filter((name) => !(name in variables));
  process.stdout.write(`unset ${unwanted.join(" ")}\n`);
  for (const [name, value] of Object.entries(variables)) process.stdout.write(`export ${name}='${value.replaceAll("'", "'\\''")}'\n`);
}

/** The `env` command. */
export function envCommand(): Command {
  return new Command("env")
    .description("print the variables with which the AWS CLI and SDKs speak to the local service")
    .option("--dir <folder>", "where the service was started", defaultPlace)
    .option("--json", "print JSON")
    .addHelpText("after", '\nExample:\n  $ esp32-jobs env\n  $ eval "$(esp32-jobs env)"; aws iot list-jobs')
    .action(env);
}
