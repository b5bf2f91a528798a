/** esp32-jobs object …: files that jobs tell boards to download, kept by the local service as a bucket would. */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { Command } from "commander";
import { WrongUsage } from "./failing";
import { printJson } from "./output";
import { defaultPlace } from "./place";
import { readNamedFile } from "./named-files";

interface PutOptions {
  readonly dir: string;
  readonly name?: string;
  readonly json?: boolean;
}

async function put(file: string, options: PutOptions): Promise<void> {
  const bytes = readNamedFile(file);
  const name = options.name ?? basename(file);
  const { badName } = await import("../jobs-service/objects");
  const bad = badName(name);
  if (bad !== undefined) throw new WrongUsage(`--name "${name}": ${bad}`);
  const { openBucket } = await import("./bucket");
  const bucket = await openBucket(options);
  await bucket.put(name, bytes);
  const digest = (algorithm: string): string => createHash(algorithm).update(bytes).digest("hex");
  const made = { url: bucket.addressOf(name), size: bytes.length, md5: digest("md5"), sha256: digest("sha256") };
  if (options.json === true) return printJson(made);
  for (const [key, value] of Object.entries(made)) process.stdout.write(`${key.padEnd(6)}  ${String(value)}\n`);
}

/** The `object` command. */
export function objectCommand(): Command {
  const object = new Command("object")
    .description("keep a file at the local service for boards to download")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs object put firmware-2.0.0.bin");
  object
    .command("put <file>")
    .description("store a file; prints its URL, size and digests as an ota document wants them")
    .option("--name <name>", "store it under this name (default: the file's)")
    .option("--dir <folder>", "where the service was started", defaultPlace)
    .option("--json", "print JSON: url, size, md5, sha256")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs object put build/firmware/app.bin --name lamp-2.0.0.bin")
    .action(put);
  return object;
}
