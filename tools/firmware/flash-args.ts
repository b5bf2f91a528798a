/** `flash_args`, as ESP-IDF's build writes it (components/esptool_py/flasher_args): a line of options for esptool, then a line `OFFSET FILE` each. */
import { FirmwareProblem } from "./problem";

export interface FlashFile {
  readonly offset: number;
  /** As written there: relative to the folder of `flash_args`. */
  readonly file: string;
}

export interface FlashArgs {
  /** The words of the option lines, in order: what esptool takes. */
  readonly words: readonly string[];
  /** The options by name without dashes in front, `_` for `-`: flash_mode, flash_freq, flash_size. */
  readonly options: Readonly<Record<string, string>>;
  readonly files: readonly FlashFile[];
}

const megabyte = 0x100000;

/** Reads the text of a `flash_args`; refuses what it does not understand, with the line's number. */
export function parseFlashArgs(text: string): FlashArgs {
  const words: string[] = [];
  const options: Record<string, string> = {};
  const files: FlashFile[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    const trimmed = line.trim();
    const refuse = (why: string): never => {
      throw new FirmwareProblem(`flash_args, line ${index + 1}: ${why}: "${trimmed}"`);
    };
    if (trimmed === "") return;
    if (trimmed.startsWith("-")) {
      const parts = trimmed.split(/\s+/);
      if (parts.length % 2 !== 0) refuse("an option has no value");
      for (let i = 0; i < parts.length; i += 2) {
        const name = /^--(flash[-_](?:mode|freq|size))$/.exec(parts[i] ?? "")?.[1] ?? refuse(`the option ${parts[i]} is unknown`);
        options[name.replaceAll("-", "_")] = parts[i + 1] ?? "";
      }
      words.push(...parts);
      return;
    }
    const [, offset, file] = /^(\S+)\s+(\S.*)$/.exec(trimmed) ?? refuse("not of the form OFFSET FILE");
    if (!/^0x[0-9a-f]{1,8}$/i.test(offset!)) refuse("the offset is not a number of the form 0x1000");
    if (files.some((other) => other.offset === Number(offset))) refuse("a second file for the same offset");
    files.push({ offset: Number(offset), file: file! });
  });
  if (files.length === 0) throw new FirmwareProblem("flash_args names no file");
  return { words, options, files };
}

/** The size of flash that the options name, in bytes; undefined when they leave it open. */
export function flashSizeOf({ options }: FlashArgs): number | undefined {
  const size = options["flash_size"];
  if (size === undefined || size === "keep" || size === "detect") return undefined;
  const [, megabytes] = /^(\d+)MB$/.exec(size) ?? [];
  if (megabytes === undefined) throw new FirmwareProblem(`flash_args: the flash size "${size}" is not of the form 4MB`);
  return Number(megabytes) * megabyte;
}
