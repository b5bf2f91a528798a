/** Where the variables of a flat program are declared: a module's own ones in a block, so that few are alive at a time. */
import * as lua from "typescript-to-lua";
import { declare, declareInPlace } from "./late";
import { FlattenError } from "./modules";
import type { Program } from "./program";
import { resolveNames } from "./scope";
import { walk } from "./syntax";

/** Lua allows 200 local variables in a function; its library takes some. */
const mostLocals = 180;

function names(root: lua.Node, kind: "mentioned" | "assigned"): Set<string> {
  const found = new Set<string>();
  walk(root, (node) => {
    const identifiers = kind === "mentioned" ? [node] : lua.isAssignmentStatement(node) ? node.left : [];
    for (const identifier of identifiers) if (lua.isIdentifier(identifier)) found.add(identifier.text);
  });
  return found;
}

/** Declares what is exported, and closes the rest of each module in. Throws a FlattenError when there are too many names. */
export function layOut({ parts, exported }: Program): void {
  const mentions = parts.map(({ block }) => names(block, "mentioned"));
  const declared = new Set<string>();
  parts.forEach(({ block }, index) => {
    // A function that moved here may assign to what another part has declared.
    const own = [...names(block, "assigned")].filter((name) => exported.has(name) && !declared.has(name));
    const isOutside = (name: string): boolean => mentions.some((mentioned, other) => other > index && mentioned.has(name));
    const outside = own.filter(isOutside);
    for (const name of outside) declared.add(name);
    const hasOthers = [...resolveNames(block.statements).variables].some(({ depth }) => depth === 1);
    if (index < parts.length - 1 && (own.length > outside.length || hasOthers)) {
      const inside = declareInPlace(block.statements, new Set(own.filter((name) => !isOutside(name))));
      block.statements = [...declare(outside), lua.createDoStatement([...declare(inside.undone), ...inside.statements])];
    } else {
      const all = declareInPlace(block.statements, new Set(own));
      block.statements = [...declare(all.undone), ...all.statements];
    }
  });
  if (declared.size > mostLocals) {
    throw new FlattenError(
      `${declared.size} names are shared between files, and Lua has room for ${mostLocals}: merge files, or export fewer names`,
    );
  }
}
