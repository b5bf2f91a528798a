/** A field that is nil is not there: nothing needs to say so. */
import * as lua from "typescript-to-lua";
import { walk } from "./syntax";

/** Takes such fields out of the tables that are written. Places in lists stay. */
export function leaveOutNils(root: lua.Node): void {
  walk(root, (node) => {
    if (lua.isTableExpression(node)) node.fields = node.fields.filter(({ key, value }) => key === undefined || !lua.isNilLiteral(value));
  });
}
