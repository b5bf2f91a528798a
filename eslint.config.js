import tseslint from "typescript-eslint";
import { noSelfInterfaces } from "./tools/lint/no-self-interfaces.mjs";
import { portableRules } from "./tools/lint/portable-subset.mjs";

const generators = ["generators"];
// A spec may cost what it likes, and shows by itself what comes out different: it runs in every machine.
const specs = [
  ...generators,
  "exceptions",
  "spread",
  "array patterns in for",
  "closures in for",
  "bytes",
  "split",
  "Object",
  "String",
  "Number",
  "sort",
  "replace",
];

export default tseslint.config(
  { ignores: ["build/", "node_modules/", "coverage/", "firmware/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: { "esp32-jobs": { rules: { "no-self-interfaces": noSelfInterfaces } } },
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/unbound-method": "off", // our interfaces of functions use no `this`
      // A variable that a callback reads before it is set must not become a constant: reading one too early throws.
      "prefer-const": ["error", { ignoreReadBeforeAssign: true }],
      eqeqeq: "error",
    },
  },

  // What becomes Lua keeps to what Lua and JavaScript share.
  {
    files: ["src/*.ts", "src/{jobs,actions,ota,portable}/**/*.ts"],
    rules: portableRules(),
  },
  { files: ["src/{actions,ota}/**/*.ts", "test/docs/**/*.ts"], rules: portableRules(generators) },
  { files: ["src/agent.ts", "src/performer.ts"], rules: portableRules(generators) },
  // The boundary for bugs: what an action throws ends here.
  { files: ["src/portable/error.ts"], rules: portableRules(["exceptions"]) },
  {
    files: ["src/portable/task.ts"],
    // The rule does not see that a callback changes a variable.
    rules: { ...portableRules(generators), "@typescript-eslint/no-unnecessary-condition": "off" },
  },
  {
    files: ["src/portable/integers.ts"],
    rules: { ...portableRules(["division"]), "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }] },
  },
  { files: ["src/portable/keys.ts"], rules: portableRules(["for in"]) },

  {
    files: ["test/spec/**/*.ts", "test/contracts/**/*.ts"],
    rules: { ...portableRules(specs), "@typescript-eslint/only-throw-error": "off" },
  },
  { files: ["test/spec/spec.ts"], rules: { ...portableRules([...specs, "null"]), "@typescript-eslint/no-base-to-string": "off" } },

  // The adapters meet the firmware's own functions, which throw.
  {
    files: ["src/platform/nodemcu/**/*.ts"],
    languageOptions: { parserOptions: { project: "./tstl.json", tsconfigRootDir: import.meta.dirname } },
    // string.find, string.match and table.concat are Lua's own.
    rules: portableRules(["exceptions", "match", "concat", "named callbacks"]),
  },
  { files: ["src/platform/nodemcu/*.d.ts"], rules: { "esp32-jobs/no-self-interfaces": "off" } },
);
