/** Kconfig as far as our defaults need it: symbols with their type and their dependencies, and what a set of defaults asks of them. */
import symbols from "./kconfig-symbols.json" with { type: "json" };

/** A symbol as the Kconfig file of its source defines it. */
export interface KconfigSymbol {
  readonly type: "bool" | "int" | "hex" | "string";
  /** Which of the sources, and the file in it. */
  readonly source: string;
  readonly file: string;
  /** What must hold for it to exist at all. */
  readonly depends?: string;
  /** What it is when nobody asks for anything, an expression for bools. */
  readonly default?: string;
  /** The choice of which it is one. */
  readonly choice?: string;
  /** What it switches on. */
  readonly select?: readonly string[];
  /** Least and greatest value. */
  readonly range?: readonly [number, number];
}

/** Every symbol that our defaults name, and those that these depend on. */
export const kconfigSymbols: Readonly<Record<string, KconfigSymbol>> = symbols.symbols as unknown as Record<string, KconfigSymbol>;

/** Where the symbols were read: repository and commit. */
export const kconfigSources: Readonly<Record<string, { readonly repository: string; readonly commit: string }>> = symbols.sources;

/** Values by symbol, both as in an sdkconfig: CONFIG_A=y, CONFIG_B=0x20000, CONFIG_C="text"; n stands for "is not set". */
export type Config = ReadonlyMap<string, string>;

/** Reads defaults or an sdkconfig; a later line wins. Refuses lines that are neither. */
export function readConfig(text: string, file: string): Config {
  const config = new Map<string, string>();
  text.split(/\r?\n/).forEach((line, index) => {
    const [, unset] = /^# (CONFIG_\w+) is not set$/.exec(line) ?? [];
    const [, name, value] = /^(CONFIG_\w+)=(.*)$/.exec(line) ?? [];
    if (unset !== undefined) config.set(unset, "n");
    else if (name !== undefined) config.set(name, value!.trim());
    else if (line.trim() !== "" && !line.startsWith("#"))
      throw new Error(`${file}, line ${index + 1}: neither a comment nor CONFIG_NAME=VALUE`);
  });
  return config;
}

/** Whether an expression of Kconfig holds: names, !, &&, ||, brackets, and comparison of a name with a text. */
export function holds(expression: string, isSet: (name: string) => boolean): boolean {
  const words = expression.match(/&&|\|\||!|\(|\)|[\w]+/g) ?? [];
  let at = 0;
  function atom(): boolean {
    const word = words[at++];
    if (word === "!") return !atom();
    if (word !== "(") return word === "y" || (word !== undefined && word !== "n" && isSet(word));
    const value = either();
    at++;
    return value;
  }
  function both(): boolean {
    let value = atom();
    while (words[at] === "&&") {
      at++;
      value = atom() && value;
    }
    return value;
  }
  function either(): boolean {
    let value = both();
    while (words[at] === "||") {
      at++;
      value = both() || value;
    }
    return value;
  }
  return either();
}

/** How a value must be written for a type. */
const forms: Readonly<Record<KconfigSymbol["type"], RegExp>> = {
  bool: /^[yn]$/,
  int: /^-?\d+$/,
  hex: /^0x[0-9a-f]+$/i,
  string: /^".*"$/,
};

/** What ESP-IDF would drop of these defaults without a word, or misread: one sentence each. */
export function findConfigProblems(asked: Config, chip: string, known: Readonly<Record<string, KconfigSymbol>> = kconfigSymbols): string[] {
  const short = new Map([...asked].map(([name, value]) => [name.replace(/^CONFIG_/, ""), value]));
  function isSet(name: string, seen: readonly string[] = []): boolean {
    if (name.startsWith("IDF_TARGET_")) return name === `IDF_TARGET_${chip.toUpperCase()}`;
    const value = short.get(name);
    const symbol = known[name];
    if (symbol === undefined || seen.includes(name)) return false;
    const path = [...seen, name];
    if (!holds(symbol.depends ?? "y", (other) => isSet(other, path))) return false;
    if (value !== undefined) return value === "y";
    if (Object.entries(known).some(([other, { select }]) => select?.includes(name) === true && isSet(other, path))) return true;
    const rival = [...short].some(([other, set]) => set === "y" && symbol.choice !== undefined && known[other]?.choice === symbol.choice);
    return !rival && holds(symbol.default ?? "n", (other) => isSet(other, path));
  }
  return [...short].flatMap(([name, value]) => {
    const symbol = known[name];
    if (symbol === undefined) return [`CONFIG_${name} is not a symbol that tools/firmware/kconfig-symbols.json knows`];
    if (!forms[symbol.type].test(value)) return [`CONFIG_${name}=${value} is no ${symbol.type}`];
    const problems: string[] = [];
    if (value !== "n" && !holds(symbol.depends ?? "y", (other) => isSet(other)))
      problems.push(`CONFIG_${name} depends on ${symbol.depends}, which does not hold`);
    const [least = -Infinity, most = Infinity] = symbol.range ?? [];
    if (Number(value) < least || Number(value) > most) problems.push(`CONFIG_${name}=${value} is not from ${least} to ${most}`);
    const rivals = [...short].filter(
      ([other, set]) => symbol.choice !== undefined && known[other]?.choice === symbol.choice && set === "y",
    );
    if (value === "y" && rivals.length > 1) problems.push(`only one of ${rivals.map(([other]) => `CONFIG_${other}`).join(", ")} can be y`);
    return problems;
  });
}

const quantity = (value: string): string => (/^(0x[0-9a-f]+|-?\d+)$/i.test(value) ? `${Number(value)}` : value);

/** What became of the symbols that were asked for: one sentence for each that was dropped or has another value. */
export function findDroppedSymbols(asked: Config, resulting: Config): string[] {
  return [...asked].flatMap(([name, value]) => {
    const found = resulting.get(name) ?? "n";
    if (quantity(found) === quantity(value)) return [];
    return [resulting.has(name) || value === "n" ? `${name} is ${found} instead of ${value}` : `${name}=${value} was dropped`];
  });
}
