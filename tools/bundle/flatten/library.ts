/** The parts of TypeScriptToLua's library that a flat program calls. */
import * as tstl from "typescript-to-lua";
import { getLuaLibExportToFeatureMap, loadInlineLualibFeatures, resolveRecursiveLualibFeatures } from "typescript-to-lua/dist/LuaLib";
import type { Program } from "./program";
import { shortForms } from "./short-library";
import { walk } from "./syntax";

/** Whatever goes through a generator's values looks for its iterator by a symbol. */
const symbol = tstl.LuaLibFeature.Symbol;

/** Their text, to come before the program. */
export function libraryFor({ root }: Program, target: tstl.LuaTarget, host: tstl.EmitHost): string {
  const features = getLuaLibExportToFeatureMap(target, host);
  const called = new Set<tstl.LuaLibFeature>();
  walk(root, (node) => {
    const feature = tstl.isIdentifier(node) ? features.get(node.text) : undefined;
    if (feature !== undefined) called.add(feature);
  });
  const shorts = shortForms(root, called);
  const others = [...called].filter((feature) => shorts.every((short) => short.feature !== feature));
  // What other parts of the library call stays as they know it.
  const needed = resolveRecursiveLualibFeatures(others, target, host);
  const used = shorts.filter(
    ({ feature }) => !needed.includes(feature) && !(feature === tstl.LuaLibFeature.Generator && needed.includes(symbol)),
  );
  const rest = new Set([...called].filter((feature) => used.every((short) => short.feature !== feature)));
  return used.map(({ text }) => text).join("") + (rest.size === 0 ? "" : loadInlineLualibFeatures(rest, target, host));
}
