/** The parts of TypeScriptToLua's library that a flat program calls. */
import * as tstl from "typescript-to-lua";
import { getLuaLibExportToFeatureMap, loadInlineLualibFeatures } from "typescript-to-lua/dist/LuaLib";
import type { Program } from "./program";
import { walk } from "./syntax";

/** Their text, to come before the program. */
export function libraryFor({ root }: Program, target: tstl.LuaTarget, host: tstl.EmitHost): string {
  const features = getLuaLibExportToFeatureMap(target, host);
  const called = new Set<tstl.LuaLibFeature>();
  walk(root, (node) => {
    const feature = tstl.isIdentifier(node) ? features.get(node.text) : undefined;
    if (feature !== undefined) called.add(feature);
  });
  return called.size === 0 ? "" : loadInlineLualibFeatures(called, target, host);
}
