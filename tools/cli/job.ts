/** esp32-jobs job …: create, list, show and cancel jobs. */
import { Command, Option } from "commander";
import { withCloudOptions } from "./cloud";
import type * as JobActions from "./job-actions";
import { wholeNumber, wholeSeconds } from "./numbers";

const collect = (value: string, before: string[]): string[] => [...before, value];

type Actions = typeof JobActions;

/** Loads what a command does when it is asked for. */
function act(name: keyof Actions) {
  return async (...args: unknown[]): Promise<void> => {
    const action = (await import("./job-actions"))[name] as (...args: unknown[]) => Promise<void>;
    await action(...args);
  };
}

/** The `job` command. */
export function jobCommand(): Command {
  const job = new Command("job")
    .description("create, list, show and cancel jobs, here or on AWS IoT Core")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs job create blink count=5 --wait\n  $ esp32-jobs job list --aws");
  const add = (name: string, description: string, example: string): Command =>
    withCloudOptions(job.command(name).description(description))
      .option("--json", "print JSON")
      .addHelpText("after", `\nExample:\n  $ esp32-jobs job ${example}`);
  const examples =
    "create blink count=5 --wait\n  $ esp32-jobs job create --ota build/firmware/manifest.json --thing lamp-01 --wait" +
    "\n  $ esp32-jobs job create --ota build/firmware/manifest.json --thing lamp-01 --aws --bucket my-bucket --role arn:aws:iam::123456789012:role/read-firmware";
  add("create [document...]", "create a job; the document is JSON, @FILE, or ACTION NAME=VALUE…", examples)
    .option("--ota <manifest>", "instead of a document: store the image of this manifest.json and bring it to boards")
    .option("--bucket <name>", "with --ota: the S3 bucket that its image goes to; with --aws this or --url is needed")
    .option("--url <url>", "with --ota: where its image is already, as https://… or s3://BUCKET/KEY")
    .addOption(new Option("--thing <name>", "for this thing; may be repeated").argParser(collect).default([], "every thing, without --aws"))
    .addOption(new Option("--group <name>", "for the members of this thing group; may be repeated").argParser(collect).default([], "none"))
    .option("--id <jobId>", "its name (default: made up)")
    .option("--role <arn>", "the role with which AWS IoT reads the bucket and signs the URLs that boards are given")
    .option("--wait", "wait until it has ended; exit code 1 unless it succeeded everywhere")
    .option("--timeout <seconds>", "how long to wait", wholeSeconds, 300)
    .action(act("create"));
  add("list", "list jobs, the newest first", "list").option("--limit <number>", "at most so many", wholeNumber, 50).action(act("list"));
  add("show <jobId>", "show a job and what became of it on each thing", "show blink-1").action(act("show"));
  add("cancel <jobId>", "cancel a job", "cancel blink-1").option("--force", "also where it is in progress").action(act("cancel"));
  return job;
}
