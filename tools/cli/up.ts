/** esp32-jobs up: the Jobs service and one virtual board, until Ctrl-C. */
import { Command, Option } from "commander";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import pc from "../colour";
import type { JobsService } from "../jobs-service";
import { systemTime } from "../time";
import { CommandFailed } from "./failing";
import { identityFiles, virtualWifi } from "./identity";
import { credentialsFile, keepCredentials } from "./local-credentials";
import { isRunning } from "./local-service";
import { portNumber } from "./numbers";
import { printJson } from "./output";
import { announceService, defaultPlace, findService, occupy, servicePlace, thingPlace, type ServiceAddress } from "./place";
import { runWith } from "./run-with";
import { untilStopped } from "./stopping";

interface UpOptions {
  readonly dir: string;
  readonly data?: string;
  readonly json?: boolean;
  readonly thing: string;
  readonly board: boolean;
  readonly host: string;
  readonly signed?: boolean;
  readonly policies: boolean;
  readonly rateLimits?: boolean;
  readonly mqttPort?: number;
  readonly mqttsPort?: number;
  readonly httpsPort?: number;
}

const loopback = "127.0.0.1";

/** AWS's own ports, where they are free. */
const usual = { mqtt: 1883, mqtts: 8883, https: 8443 };

/** Two services in one folder would answer for the same things, and two boards write the same flash. */
async function refuseSecond(place: string): Promise<void> {
  if (!(await isRunning(place))) return; // None, or one that did not end in good order.
  const { mqtts } = findService(place);
  throw new CommandFailed(`a Jobs service runs in ${place} already, at ${mqtts}: use that one, or choose another folder with --dir`);
}

/** Whoever else is in the network must not create jobs here. */
function isSigned({ signed = false, host }: UpOptions): boolean {
  return signed || host !== loopback;
}

async function startService(options: UpOptions): Promise<JobsService> {
  const { DataFolderError, startJobsService } = await import("../jobs-service");
  const wanted = { mqtt: options.mqttPort, mqtts: options.mqttsPort, https: options.httpsPort };
  const ports = { mqtt: wanted.mqtt ?? usual.mqtt, mqtts: wanted.mqtts ?? usual.mqtts, https: wanted.https ?? usual.https };
  const { host, policies, rateLimits = false, data } = options;
  const settings = {
    ...(data !== undefined && { data }),
    ...(isSigned(options) && { credentials: keepCredentials(options.dir) }),
    ...{ dir: servicePlace(options.dir), host, policies, rateLimits, time: systemTime() },
  };
  try {
    return await startJobsService({ ...settings, ports });
  } catch (error) {
    if (error instanceof DataFolderError) throw new CommandFailed(error.message);
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    if (code === "EADDRNOTAVAIL") throw new CommandFailed(`this computer does not have the address ${options.host}`);
    if (code !== "EADDRINUSE") throw error;
    if (Object.values(wanted).some((chosen) => chosen === port))
      throw new CommandFailed(`port ${port} is in use: choose another, or 0 for any free one`);
    return startJobsService({ ...settings, ports: { mqtt: wanted.mqtt ?? 0, mqtts: wanted.mqtts ?? 0, https: wanted.https ?? 0 } });
  }
}

function addressOf(service: JobsService, dir: string): ServiceAddress {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const ca = resolve(join(dir, "ca.pem"));
  writeFileSync(ca, service.ca);
  const { mqtt, mqtts, https } = service.urls;
  if (mqtt === undefined || mqtts === undefined || https === undefined) throw new CommandFailed("the service has not opened all its ports");
  return { mqtt, mqtts, https, ca };
}

async function up(command: readonly string[], options: UpOptions): Promise<void> {
  await refuseSecond(options.dir);
  if (options.board) occupy(thingPlace(options.dir, options.thing));
  const service = await startService(options);
  try {
    await serve(service, command, options);
  } finally {
    await service.stop();
  }
}

async function serve(service: JobsService, command: readonly string[], options: UpOptions): Promise<void> {
  const isQuiet = options.json === true || command.length > 0;
  const say = (line: string): void => void (isQuiet ? undefined : process.stdout.write(`${line}\n`));
  const address = addressOf(service, options.dir);
  const forget = announceService(options.dir, address);
  const board = options.board
    ? (await import("./virtual-board")).prepareBoard({
        dir: thingPlace(options.dir, options.thing),
        identity: identityFiles(await service.provision(options.thing), address, virtualWifi),
        log: (line) => say(`${pc.dim(options.thing)} ${line}`),
      })
    : undefined;
  board?.on("pin", ({ pin, level }) => say(`${pc.dim(options.thing)} ${pc.yellow(`pin ${pin} ${level === 1 ? "on" : "off"}`)}`));
  say(`AWS IoT Jobs, local\n  mqtt   ${address.mqtt}\n  mqtts  ${address.mqtts}\n  https  ${address.https}\n  ca     ${address.ca}`);
  if (isSigned(options)) say(`  key    ${credentialsFile(options.dir)} (AWS's own tools read it with what "esp32-jobs env" prints)`);
  if (!options.policies) say(pc.yellow("Policies are not enforced: every certificate may do everything."));
  say(`Send a job from another terminal:\n  npx esp32-jobs job create blink count=5 --wait\nCtrl-C ends it.`);
  if (options.json === true) printJson(address);
  board?.powerOn();
  try {
    if (command.length > 0) process.exitCode = await runWith(options.dir, command);
    else await untilStopped();
  } finally {
    board?.powerOff();
    forget();
  }
}

/** The `up` command. */
export function upCommand(): Command {
  return new Command("up")
    .description("start the Jobs service and one virtual board, until Ctrl-C or for as long as a command runs")
    .argument("[command...]", "run this beside the service, in an environment in which AWS's tools find it, and end with its exit code")
    .option("--dir <folder>", "keep certificates and flash here", defaultPlace)
    .option("--data <folder>", "keep all that the service knows here, across restarts (default: in memory only)")
    .option("--thing <name>", "the board's thing name", "lamp-01")
    .option("--no-board", "the service alone")
    .addOption(
      new Option("--host <address>", "this computer's address in your network, for real boards; 0.0.0.0 is all of them").default(
        loopback,
        "this computer alone",
      ),
    )
    .option("--signed", "let in only HTTP requests that are signed with the key that is kept in --dir (default: with --host)")
    .option("--no-policies", "do not enforce the policies of certificates")
    .option("--rate-limits", "refuse what comes more often than the quotas of AWS allow")
    .option("--mqtt-port <port>", `plain MQTT, this computer only (default: ${usual.mqtt} or a free one)`, portNumber)
    .option("--mqtts-port <port>", `MQTT over TLS (default: ${usual.mqtts} or a free one)`, portNumber)
    .option("--https-port <port>", `control plane and images (default: ${usual.https} or a free one)`, portNumber)
    .option("--json", "print one line of JSON when ready: mqtt, mqtts, https, ca")
    .addHelpText(
      "after",
      "\nExample:\n  $ esp32-jobs up --thing lamp-01\n  $ esp32-jobs job create blink count=5 --wait     (in another terminal)\n  $ esp32-jobs up --no-board -- npm test",
    )
    .action(up);
}
