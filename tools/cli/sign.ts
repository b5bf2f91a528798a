/** esp32-jobs sign: puts a signature of the image into a build's manifest, or checks the one that is there. */
import { statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Command } from "commander";
import { WrongUsage } from "./failing";
import { readNamedFile, readTextFile, writeWhole } from "./named-files";
import { printJson } from "./output";

interface SignOptions {
  readonly key: string;
  readonly verify?: boolean;
  readonly json?: boolean;
}

async function signFirmware(path: string, options: SignOptions): Promise<void> {
  // Before anything quotes it as the name of a file that is not there.
  if (options.key.includes("-----BEGIN"))
    throw new WrongUsage("--key takes the name of a file: a key on the command line is seen by others");
  const [{ parseManifest }, { signManifest, verifyManifest }] = await Promise.all([
    import("../firmware/manifest"),
    import("../firmware/signing"),
  ]);
  const text = readTextFile(path);
  const { image: name, version } = parseManifest(text, path);
  const image = readNamedFile(join(dirname(path), name));
  const keyFile = basename(options.key);
  const key = readTextFile(options.key);
  if (options.verify === true) verifyManifest(text, image, keyFile, key);
  else {
    if ((statSync(options.key).mode & 0o077) !== 0)
      process.stderr.write(`esp32-jobs: ${options.key} can be read by others: chmod 600 ${options.key}\n`);
    const signed = signManifest(text, image, keyFile, key);
    verifyManifest(signed, image, keyFile, key);
    writeWhole(path, signed, statSync(path).mode & 0o777);
  }
  if (options.json === true) printJson({ manifest: path, image: name, version, signed: true });
  else
    process.stdout.write(
      `${name}, version ${version}: ${options.verify === true ? "signed by this key" : `signed, the signature is in ${path}`}\n`,
    );
}

/** The `sign` command. */
export function signCommand(): Command {
  return new Command("sign")
    .description("sign a built image: the signature goes into its manifest, and from there into job documents")
    .argument("<manifest>", "manifest.json of a build, with the image beside it")
    .requiredOption("--key <file>", "the signer's private key; with --verify the public one will do")
    .option("--verify", "check the signature that is there, and change nothing")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ esp32-jobs sign build/firmware/manifest.json --key ~/signer/signer-key.pem\n  $ esp32-jobs sign build/firmware/manifest.json --key ~/signer/signer.pem --verify",
    )
    .action(signFirmware);
}
