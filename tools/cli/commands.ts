/** All commands, in the order in which the help lists them. */
import type { Command } from "commander";
import { agentCommand } from "./agent";
import { boardCommand } from "./board";
import { bundleCommand } from "./bundle";
import { clockCommand } from "./clock";
import { envCommand } from "./env";
import { faultCommand } from "./fault";
import { firmwareCommand } from "./firmware";
import { flashCommand } from "./flash";
import { jobCommand } from "./job";
import { keyCommand } from "./key";
import { monitorCommand } from "./monitor";
import { objectCommand } from "./object";
import { provisionCommand } from "./provision";
import { signCommand } from "./sign";
import { upCommand } from "./up";

export function commands(): Command[] {
  return [
    upCommand(),
    jobCommand(),
    boardCommand(),
    agentCommand(),
    provisionCommand(),
    envCommand(),
    objectCommand(),
    clockCommand(),
    faultCommand(),
    bundleCommand(),
    firmwareCommand(),
    keyCommand(),
    signCommand(),
    flashCommand(),
    monitorCommand(),
  ];
}
