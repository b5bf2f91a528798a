/** The parts of TypeScriptToLua's library that a flat program calls. */
import * as tstl from "typescript-to-lua";
import { getLuaLibExportToFeatureMap, loadInlineLualibFeatures, resolveRecursiveLualibFeatures } from "typescript-to-lua/dist/LuaLib";
import type { Program } from "./program";
import { walk } from "./syntax";

/** What stays of generators where nobody loops over one: no symbols, and no symbol of an iterator. */
const steppedGenerators = `local __TS__Generator
do
    local function next(self, ...)
        local co = self.____coroutine
        if coroutine.status(co) == "dead" then
            return {done = true}
        end
        local ok, value = coroutine.resume(co, ...)
        if not ok then
            error(value, 0)
        end
        return {value = value, done = coroutine.status(co) == "dead"}
    end
    function __TS__Generator(fn)
        return function(...)
            local args = table.pack(...)
            return {
                ____coroutine = coroutine.create(function() return fn(table.unpack(args, 1, args.n)) end),
                next = next
            }
        end
    end
end
`;

/** Their text, to come before the program. */
export function libraryFor({ root }: Program, target: tstl.LuaTarget, host: tstl.EmitHost): string {
  const features = getLuaLibExportToFeatureMap(target, host);
  const called = new Set<tstl.LuaLibFeature>();
  walk(root, (node) => {
    const feature = tstl.isIdentifier(node) ? features.get(node.text) : undefined;
    if (feature !== undefined) called.add(feature);
  });
  const isGenerating = called.delete(tstl.LuaLibFeature.Generator);
  // Whatever goes through a generator's values looks for its iterator by a symbol.
  const isStepped = !resolveRecursiveLualibFeatures(called, target, host).includes(tstl.LuaLibFeature.Symbol);
  if (isGenerating && !isStepped) called.add(tstl.LuaLibFeature.Generator);
  const text = called.size === 0 ? "" : loadInlineLualibFeatures(called, target, host);
  return isGenerating && isStepped ? steppedGenerators + text : text;
}
