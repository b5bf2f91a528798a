/** esp32-jobs provision: a thing, its certificate and policy, and the files or the NVS image that a board or an agent reads. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { IdentityFiles } from "../firmware/identity-keys";
import { openCloud, withCloudOptions, type CloudOptions } from "./cloud";
import { CommandFailed, WrongUsage } from "./failing";
import { printJson } from "./output";
import { fileNameOf } from "./place";
import { ownTerminal } from "./provision-ask";
import { readTextFile } from "./named-files";
import { readIdentityFolder, readJsonFile, writePrivate } from "./provision-files";
import { wifiOf } from "./provision-wifi";

interface ProvisionOptions extends CloudOptions {
  readonly out?: string;
  readonly nvs?: string;
  readonly nvsSize?: number;
  readonly fromFiles?: string;
  readonly wifi?: string | false;
  readonly signer?: string;
  readonly json?: boolean;
}

/** Bytes, in hexadecimal as partition tables have them, or decimal. */
function sizeBytes(text: string): number {
  const size = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  if (!(size % 0x1000 === 0 && size >= 0x3000))
    throw new InvalidArgumentError("must be whole pages of 4096 bytes, three or more, such as 0x6000");
  return size;
}

function settingsIn(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {};
  const settings = readJsonFile(file);
  if (typeof settings !== "object" || settings === null || Array.isArray(settings))
    throw new CommandFailed(`${file} does not hold a JSON object: mend it or take it away`);
  return settings as Record<string, unknown>;
}

async function withWifi(settings: Record<string, unknown>, options: ProvisionOptions): Promise<Record<string, unknown>> {
  const { wifi: kept, ...others } = settings;
  const wifi = await wifiOf({
    option: options.wifi,
    env: process.env,
    kept,
    isNeeded: options.nvs !== undefined,
    terminal: ownTerminal,
  });
  return wifi === undefined ? others : { ...others, wifi };
}

/** Files that somebody has made: nobody is asked for a certificate. */
async function fromFiles(folder: string, options: ProvisionOptions): Promise<IdentityFiles> {
  const files = readIdentityFolder(folder);
  const file = join(folder, "settings.json");
  if (files["settings.json"] === undefined)
    throw new CommandFailed(`${file} is missing: it holds {"thingName": ..., "endpoint": ...}, as firmware/README.md describes`);
  const settings = await withWifi(settingsIn(file), options);
  return { ...files, "settings.json": `${JSON.stringify(settings, undefined, 2)}\n` };
}

/** Files of the cloud's making, and those of the folder's that the cloud knows nothing of. */
async function fromCloud(thingName: string, folder: string, options: ProvisionOptions): Promise<IdentityFiles> {
  const { enrol } = await import("./enrol");
  const settings = Object.entries(settingsIn(join(folder, "settings.json"))).filter(
    ([name]) => !["thingName", "endpoint", "port"].includes(name),
  );
  const cloud = await openCloud(options);
  // Before the cloud has made anything: whoever does not answer the question has changed nothing.
  const extra = await withWifi(Object.fromEntries(settings), options);
  const made = await enrol(cloud, thingName, extra);
  const own = existsSync(folder) ? readIdentityFolder(folder) : {};
  return { ...made, ...Object.fromEntries(Object.entries(own).filter(([name]) => !(name in made))) };
}

async function provision(thingName: string, options: ProvisionOptions): Promise<void> {
  // AWS IoT, CreateThing.
  if (!/^[a-zA-Z0-9:_-]{1,128}$/.test(thingName))
    throw new WrongUsage(`"${thingName}" cannot be a thing's name: those have 1 to 128 letters, digits, colons, underscores or hyphens`);
  if (options.fromFiles !== undefined && options.nvs === undefined && options.out === undefined)
    throw new WrongUsage("--from-files makes an image or a folder: name one with --nvs or --out");
  const folder = options.out ?? (options.fromFiles === undefined ? fileNameOf(thingName) : undefined);
  const { checkIdentity, checkSigner } = await import("../firmware/identity-check");
  // Before the cloud has made anything.
  const signer = options.signer === undefined ? undefined : readTextFile(options.signer);
  if (signer !== undefined) checkSigner(options.signer ?? "", signer);
  const made =
    options.fromFiles === undefined ? await fromCloud(thingName, folder ?? "", options) : await fromFiles(options.fromFiles, options);
  const files: IdentityFiles = signer === undefined ? made : { ...made, "signer.pem": signer };

  const { writeIdentity, usualNvsBytes } = await import("../firmware/identity");
  const normal = checkIdentity(thingName, files, Date.now());
  const nvs = options.nvs === undefined ? undefined : { file: options.nvs, ...writeIdentity(normal, options.nvsSize ?? usualNvsBytes) };
  const settings = files["settings.json"] ?? "";
  const written = { ...normal, "settings.json": settings };
  if (folder !== undefined) for (const [name, contents] of Object.entries(written)) writePrivate(join(folder, name), contents);
  if (nvs !== undefined) writePrivate(nvs.file, nvs.image);

  const { endpoint, port = 8883 } = JSON.parse(settings) as { endpoint: string; port?: number };
  const names = Object.keys(files);
  const report = { thingName, endpoint, port, ...(folder !== undefined && { folder }), files: names };
  if (nvs !== undefined && /^(localhost$|127\.)/.test(endpoint))
    process.stderr.write(
      `A board does not find ${endpoint}: start the service with --host and an address of this computer in the board's network.\n`,
    );
  if (options.json === true)
    return printJson({
      ...report,
      ...(nvs !== undefined && { nvs: { file: nvs.file, sizeBytes: nvs.image.length, freeEntries: nvs.freeEntries } }),
    });
  if (folder !== undefined) {
    process.stdout.write(`${thingName} connects to ${endpoint}:${port} with the files in ${folder}: ${names.join(", ")}\n`);
    process.stdout.write(`key.pem is its private key: keep it. Run it here with: esp32-jobs agent --identity ${folder}\n`);
  }
  if (nvs !== undefined) {
    process.stdout.write(`${nvs.file} makes a board ${thingName}: its key and the Wi-Fi password are in it, keep it to yourself.\n`);
    process.stdout.write(`Write it with: esp32-jobs flash --port /dev/ttyUSB0 --identity ${nvs.file}\n`);
  }
}

/** The `provision` command. */
export function provisionCommand(): Command {
  return withCloudOptions(new Command("provision"))
    .description(
      "make a thing with key, certificate and the smallest policy, and write the files of its identity, and an image of them for a board",
    )
    .argument("<thing>", "its thing name")
    .option("--out <folder>", "write the files here (default: a folder of the thing's name)")
    .option("--nvs <file>", "write an image for the NVS partition of a board, too")
    .option("--nvs-size <bytes>", "how large that partition is (default: 0x6000)", sizeBytes)
    .addOption(
      new Option("--from-files <folder>", "make no thing: take settings.json, cert.pem, key.pem and ca.pem from here").conflicts([
        "aws",
        "profile",
        "region",
      ]),
    )
    .option(
      "--wifi <file>",
      'the board\'s network, a file with {"ssid": ..., "password": ...} (default: what settings.json has, else you are asked)',
    )
    .option("--no-wifi", "the board's network is not the agent's business")
    .option("--signer <file>", "the public key of whoever signs firmware: the board then refuses any other")
    .option("--json", "print JSON: thingName, endpoint, port, folder, files, nvs")
    .addHelpText(
      "after",
      "\nThe network also comes from ESP32_JOBS_WIFI_SSID and ESP32_JOBS_WIFI_PASSWORD.\n" +
        "\nExample:\n  $ esp32-jobs provision lamp-07 --nvs lamp-07.nvs.bin\n  $ esp32-jobs provision lamp-07 --aws --region eu-west-1" +
        "\n  $ esp32-jobs provision lamp-07 --from-files ~/certificates/lamp-07 --nvs lamp-07.nvs.bin",
    )
    .action(provision);
}
