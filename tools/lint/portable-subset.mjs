/**
 * The part of TypeScript that means the same in JavaScript and in Lua. Each rule is here because a snippet that breaks it was run
 * in both and came out different, or cost too much on the board.
 */

/** Syntax that differs. `name` lets a file's own rules leave one out. */
const syntax = [
  { name: "regex", selector: "Literal[regex]", message: "Lua has no regular expressions" },
  { name: "null", selector: 'Literal[value=null][raw="null"]', message: "null and undefined are the same nil in Lua: use undefined" },
  { name: "null", selector: "TSNullKeyword", message: "null and undefined are the same nil in Lua: use undefined" },
  { name: "large numbers", selector: "Literal[value>2147483647]", message: "does not fit the int32 of stock NodeMCU" },
  { name: "bytes", selector: "Literal[value=/[^\\u0000-\\u007f]/]", message: "strings are bytes in Lua: ASCII literals only" },
  { name: "bytes", selector: "TemplateElement[value.raw=/[^\\u0000-\\u007f]/]", message: "strings are bytes in Lua: ASCII literals only" },
  { name: "in", selector: 'BinaryExpression[operator="in"]', message: "members that are undefined do not exist in Lua" },
  { name: "instanceof", selector: 'BinaryExpression[operator="instanceof"]', message: "use a discriminant member" },
  { name: "division", selector: 'BinaryExpression[operator="/"]', message: "use quotient(): a division is a float32 on stock NodeMCU" },
  { name: "power", selector: 'BinaryExpression[operator="**"]', message: "a power is a float in Lua" },
  { name: "remainder", selector: 'BinaryExpression[operator="%"]', message: "the sign differs below zero, and n % 0 throws in Lua" },
  {
    name: "division",
    selector: "AssignmentExpression[operator=/^(\\/|%|\\*\\*|>>|>>>|<<|\\||&|\\^)=$/]",
    message: "see the operator without =",
  },
  { name: "delete", selector: 'UnaryExpression[operator="delete"]', message: "costs 3 kB in Lua: set the member to undefined" },
  { name: "unary plus", selector: 'UnaryExpression[operator="+"]', message: "no conversion by operator" },
  { name: "for in", selector: "ForInStatement", message: "the order differs between firmware builds: use sortedKeys()" },
  { name: "label", selector: "LabeledStatement", message: "TypeScriptToLua compiles labels wrongly" },
  {
    name: "generators",
    selector: ":matches(FunctionDeclaration,FunctionExpression)[generator=true]",
    message: "generators are for waiting, in actions, ota and portable/task",
  },
  { name: "async", selector: ":function[async=true]", message: "promises run in another order in Lua, and cost 9 kB" },
  { name: "async", selector: "AwaitExpression", message: "promises run in another order in Lua, and cost 9 kB" },
  { name: "accessors", selector: ":matches(MethodDefinition,Property)[kind=/^(get|set)$/]", message: "accessors cost 2 kB in Lua" },
  { name: "private", selector: "PrivateIdentifier", message: "TypeScriptToLua stops at #private" },
  { name: "classes", selector: "ClassDeclaration, ClassExpression", message: "use functions and plain objects" },
  {
    name: "closures in for",
    selector: "ForStatement[init] :function",
    message: "TypeScriptToLua shares the loop variable between closures: use for..of, or while with an inner const",
  },
  { name: "rest", selector: "RestElement", message: "the count of arguments is wrong in Lua when one is undefined" },
  { name: "spread", selector: "SpreadElement", message: "costs ten times an object literal in Lua; holes" },
  { name: "exceptions", selector: "TryStatement", message: "bugs meet one boundary: src/portable/error.ts" },
  { name: "exceptions", selector: "ThrowStatement", message: "expected endings are values: return failed(...)" },
  {
    name: "array patterns in for",
    selector: "ForOfStatement > VariableDeclaration > VariableDeclarator > ArrayPattern",
    message: "costs an iterator in Lua",
  },
  {
    name: "length",
    selector: 'AssignmentExpression[left.type="MemberExpression"][left.property.name="length"]',
    message: "do not set the length of an array",
  },
  {
    name: "named callbacks",
    selector: "CallExpression[callee.property.name=/^(map|filter|find|some|every|reduce|forEach)$/] > Identifier.arguments:first-child",
    message: "wrap it in an arrow function",
  },
  {
    name: "split",
    selector: 'CallExpression[callee.property.name="split"][arguments.0.value=""]',
    message: "gives bytes in Lua, not characters",
  },
  { name: "holes", selector: 'ArrayExpression > Identifier[name="undefined"]', message: "an array ends at its first undefined in Lua" },
];

const globals =
  "Date RegExp JSON console setTimeout setInterval setImmediate clearTimeout queueMicrotask Promise Symbol Proxy Reflect WeakMap WeakSet Map Set BigInt Buffer process globalThis window parseInt parseFloat Number String isNaN isFinite Intl structuredClone TextEncoder TextDecoder Uint8Array ArrayBuffer Object eval Function";

const properties =
  "sort toString toFixed localeCompare match normalize codePointAt forEach splice hasOwnProperty stack concat flat flatMap reduce padStart padEnd replace replaceAll";

const strictly = {
  allowAny: false,
  allowBoolean: false,
  allowNullish: false,
  allowRegExp: false,
};

/**
 * The rules. `except` names syntax, globals or properties that a file may use after all.
 * @param {readonly string[]} [except]
 */
export function portableRules(except = []) {
  const allowed = (/** @type {string} */ name) => !except.includes(name);
  return {
    "@typescript-eslint/strict-boolean-expressions": [
      "error",
      { allowString: false, allowNumber: false, allowNullableObject: false, allowAny: false },
    ],
    "@typescript-eslint/restrict-plus-operands": ["error", { ...strictly, allowNumberAndString: false, skipCompoundAssignments: false }],
    "@typescript-eslint/restrict-template-expressions": [
      "error",
      { ...strictly, allowArray: false, allowNever: false, allowNumber: false, allow: [] },
    ],
    "@typescript-eslint/no-explicit-any": "error",
    "@typescript-eslint/no-unsafe-member-access": "error",
    "@typescript-eslint/no-unsafe-call": "error",
    "@typescript-eslint/no-unsafe-assignment": "error",
    "@typescript-eslint/no-unsafe-argument": "error",
    "@typescript-eslint/no-unsafe-return": "error",
    "@typescript-eslint/no-base-to-string": "error",
    "@typescript-eslint/switch-exhaustiveness-check": "error",
    "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: "only-allowed-literals" }],
    "@typescript-eslint/no-array-delete": "error",
    "@typescript-eslint/no-dynamic-delete": "error",
    "@typescript-eslint/consistent-type-imports": "error",
    "@typescript-eslint/no-for-in-array": "error",
    eqeqeq: "error",
    "no-bitwise": "error",
    "no-loss-of-precision": "error",
    "no-fallthrough": "error",
    "no-sparse-arrays": "error",
    "no-var": "error",
    "no-loop-func": "error",
    "no-implicit-coercion": "error",
    "no-restricted-globals": ["error", ...globals.split(" ").filter(allowed)],
    "no-restricted-properties": [
      "error",
      ...properties
        .split(" ")
        .filter(allowed)
        .map((property) => ({ property })),
      { object: "Math", property: "random" },
      { object: "Math", property: "imul" },
    ],
    "no-restricted-syntax": [
      "error",
      ...syntax.filter(({ name }) => allowed(name)).map(({ selector, message }) => ({ selector, message })),
    ],
    "esp32-jobs/no-self-interfaces": "error",
  };
}
