/** esp32-jobs key: makes the key that firmware is signed with. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { CommandFailed } from "./failing";
import { printJson } from "./output";

/** Names of the two halves. Boards know the public one under the same name. */
const names = { privateKey: "signer-key.pem", publicKey: "signer.pem" } as const;

async function makeKey({ out, force, json }: { readonly out: string; readonly force?: boolean; readonly json?: boolean }): Promise<void> {
  const [{ newSigner }, { writePrivate }] = await Promise.all([import("../firmware/signing"), import("./provision-files")]);
  const paths = { privateKey: join(out, names.privateKey), publicKey: join(out, names.publicKey) };
  const present = Object.values(paths).find((path) => existsSync(path));
  if (present !== undefined && force !== true)
    throw new CommandFailed(
      `${present} is there already, and boards may trust it: choose another folder with --out, or replace it with --force`,
    );
  const keys = newSigner();
  writePrivate(paths.privateKey, keys.privateKey);
  writePrivate(paths.publicKey, keys.publicKey);
  if (json === true) return printJson(paths);
  process.stdout.write(
    `${paths.privateKey}  signs firmware: keep it from others, and keep a copy\n${paths.publicKey}      goes onto boards, which then take nothing else\n`,
  );
}

/** The `key` command. */
export function keyCommand(): Command {
  const make = new Command("new")
    .description("make a key pair on P-256; the private half is readable for you alone")
    .option("--out <folder>", "where the two files go", ".")
    .option("--force", "replace a key that is there: boards that trust it take no more updates")
    .option("--json", "print JSON: the paths of the two files")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs key new --out ~/signer")
    .action(makeKey);
  return new Command("key")
    .description("the key that firmware is signed with")
    .addCommand(make)
    .addHelpText("after", "\nExample:\n  $ esp32-jobs key new --out ~/signer");
}
