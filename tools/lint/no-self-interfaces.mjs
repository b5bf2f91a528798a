/**
 * An interface with function members must say `@noSelf`: without it TypeScriptToLua calls them with a hidden first argument, which
 * the firmware's functions, and ours, do not have. `noImplicitSelf` does not reach the members of interfaces.
 */

/** @param {any} type */
function isFunctionType(type) {
  if (type === undefined) return false;
  if (type.type === "TSFunctionType") return true;
  return type.type === "TSUnionType" && type.types.some(isFunctionType);
}

/** @param {any} member */
function isFunctionMember(member) {
  if (member.type === "TSMethodSignature" || member.type === "TSCallSignatureDeclaration") return true;
  return member.type === "TSPropertySignature" && isFunctionType(member.typeAnnotation?.typeAnnotation);
}

/** @type {import("eslint").Rule.RuleModule} */
export const noSelfInterfaces = {
  meta: {
    type: "problem",
    schema: [],
    messages: { missing: "interface {{name}} has functions: put /** @noSelf */ right above it, or Lua calls them with a hidden argument" },
  },
  create(context) {
    return {
      /** @param {any} node */
      TSInterfaceDeclaration(node) {
        if (!node.body.body.some(isFunctionMember)) return;
        const statement = node.parent.type === "ExportNamedDeclaration" ? node.parent : node;
        // TypeScript reads the tags of the last comment only.
        const last = context.sourceCode.getCommentsBefore(statement).at(-1);
        if (last?.type === "Block" && last.value.startsWith("*") && last.value.includes("@noSelf")) return;
        context.report({ node: node.id, messageId: "missing", data: { name: node.id.name } });
      },
    };
  },
};
