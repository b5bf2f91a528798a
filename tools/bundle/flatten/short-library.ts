/** Shorter forms of functions of TypeScriptToLua's library, for what our sources do with them: no number here is ever NaN. */
import * as tstl from "typescript-to-lua";
import { calledName, walk } from "./syntax";

interface Short {
  readonly feature: tstl.LuaLibFeature;
  readonly text: string;
  /** Whether it does for this call all that the long form does; without this it does so for each. */
  fits?(call: tstl.CallExpression): boolean;
}

const shorts: readonly Short[] = [
  {
    // For generators that are stepped, and that nobody loops over: no symbols, and no iterator. The first resume hands the arguments over.
    feature: tstl.LuaLibFeature.Generator,
    text: `local function __TS__Generator(body)
 return function(...)
  local co = coroutine.create(function(...)
   coroutine.yield()
   return body(...)
  end)
  coroutine.resume(co, ...)
  return {next = function(self, ...)
   if coroutine.status(co) == "dead" then
    return {done = true}
   end
   local ok, value = coroutine.resume(co, ...)
   if not ok then
    error(value, 0)
   end
   return {value = value, done = coroutine.status(co) == "dead"}
  end}
 end
end
`,
  },
  {
    feature: tstl.LuaLibFeature.StringSlice,
    text: `local function __TS__StringSlice(text, from, to)
 from = from or 0
 return text:sub(from < 0 and from or from + 1, to and to < 0 and to - 1 or to)
end
`,
  },
  {
    feature: tstl.LuaLibFeature.StringCharCodeAt,
    text: `local function __TS__StringCharCodeAt(text, index)
 return index >= 0 and text:byte(index + 1) or 0 / 0
end
`,
  },
  {
    feature: tstl.LuaLibFeature.StringSplit,
    text: `local function __TS__StringSplit(text, separator)
 local pieces, at = {}, 1
 repeat
  local from, to = text:find(separator, at, true)
  pieces[#pieces + 1] = text:sub(at, from and from - 1)
  at = to and to + 1
 until not at
 return pieces
end
`,
    fits({ params: [, separator, limit] }) {
      return separator !== undefined && tstl.isStringLiteral(separator) && separator.value !== "" && limit === undefined;
    },
  },
];

/** Those that can stand for what a program calls. */
export function shortForms(root: tstl.Node, called: ReadonlySet<tstl.LuaLibFeature>): readonly Short[] {
  return shorts.filter(({ feature, fits }) => {
    if (!called.has(feature)) return false;
    let all = true;
    walk(root, (node) => {
      if (tstl.isCallExpression(node) && calledName(node) === `__TS__${feature}`) all &&= fits?.(node) ?? true;
    });
    return all;
  });
}
