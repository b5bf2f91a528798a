/**
 * AWS IoT policy documents: what they say, and whether they allow something. As in IAM everything is denied unless allowed, and an
 * explicit denial wins. `*` and `?` are wildcards and match slashes; MQTT's `+` and `#` mean themselves.
 */

/** The value of a policy variable or condition key; undefined when there is none. */
export type Variables = (name: string) => string | readonly string[] | undefined;

export interface PolicyDocument {
  readonly statements: readonly Statement[];
}

interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly actions: Selection;
  readonly resources: Selection;
  readonly conditions: readonly Condition[];
}

/** `except` turns it around: NotAction, NotResource. */
interface Selection {
  readonly patterns: readonly Pattern[];
  readonly except: boolean;
}

interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly Pattern[];
}

/** Pieces in order: text, `*`, `?`, or the value of a variable, whose own asterisks are plain characters. */
type Pattern = readonly Piece[];
type Piece = { readonly text: string } | { readonly any: "one" | "many" } | { readonly variable: string };

/** Why a document is no policy. */
export class MalformedPolicy extends Error {}

/** Reads a policy document; throws a MalformedPolicy. */
export function readPolicy(text: string): PolicyDocument {
  const document = objectOf(parsed(text), "the document");
  const version = document["Version"];
  if (version !== undefined && version !== "2012-10-17" && version !== "2008-10-17")
    throw new MalformedPolicy("Version must be 2012-10-17");
  const given = document["Statement"];
  const statements = Array.isArray(given) ? (given as readonly unknown[]) : [given];
  if (given === undefined || statements.length === 0) throw new MalformedPolicy("Statement is missing");
  return { statements: statements.map((statement) => readStatement(objectOf(statement, "a statement"))) };
}

const statementMembers = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];

function readStatement(statement: Readonly<Record<string, unknown>>): Statement {
  for (const name of Object.keys(statement)) {
    if (!statementMembers.includes(name)) throw new MalformedPolicy(`${name} is no member of a statement`);
  }
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny") throw new MalformedPolicy("Effect must be Allow or Deny");
  const actions = selection(statement, "Action", (action) => readPattern(action.toLowerCase(), false));
  for (const action of textsOf(statement["Action"] ?? statement["NotAction"], "Action")) {
    if (action !== "*" && !/^[a-z]+:[A-Za-z*?]+$/.test(action)) throw new MalformedPolicy(`${action} is no action`);
  }
  return { effect, actions, resources: selection(statement, "Resource", readResource), conditions: readConditions(statement["Condition"]) };
}

function selection(statement: Readonly<Record<string, unknown>>, name: string, read: (text: string) => Pattern): Selection {
  const except = statement[`Not${name}`] !== undefined;
  if (except && statement[name] !== undefined) throw new MalformedPolicy(`${name} and Not${name} exclude each other`);
  return { patterns: textsOf(statement[except ? `Not${name}` : name], name).map(read), except };
}

/** A resource's ARN without region and account: whatever those are, this service is meant. `*` alone is everything. */
function readResource(arn: string): Pattern {
  if (/^\*+$/.test(arn)) return readPattern("*");
  const parts = /^arn:[^:]*:[^:]*:[^:]*:[^:]*:(.+)$/s.exec(arn);
  if (parts !== null) return readPattern(parts[1] ?? "");
  if (arn.startsWith("arn:") && arn.endsWith("*")) return readPattern("*");
  throw new MalformedPolicy(`${arn} is no ARN`);
}

const ifExists = "IfExists";

function readConditions(given: unknown): Condition[] {
  if (given === undefined) return [];
  return Object.entries(objectOf(given, "Condition")).flatMap(([operator, keys]) =>
    Object.entries(objectOf(keys, operator)).map(([key, values]) => ({
      operator,
      key,
      values: textsOf(values, key).map((value) => readPattern(value, true, operator.includes("Like"))),
    })),
  );
}

function readPattern(text: string, variables = true, wildcards = true): Pattern {
  const pieces: Piece[] = [];
  for (const [whole, variable] of text.matchAll(/\$\{([^}]*)\}|[*?]|[^$*?]+|\$/g)) {
    if (variable !== undefined && variables) {
      const isCharacter = variable === "*" || variable === "?" || variable === "$";
      pieces.push(isCharacter ? { text: variable } : { variable });
    } else if (wildcards && whole === "*") pieces.push({ any: "many" });
    else if (wildcards && whole === "?") pieces.push({ any: "one" });
    else pieces.push({ text: whole });
  }
  return pieces;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new MalformedPolicy("the document is not JSON");
  }
}

function objectOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new MalformedPolicy(`${name} must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

function textsOf(value: unknown, name: string): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) throw new MalformedPolicy(`${name} is empty`);
  return values.map((one) => {
    if (typeof one !== "string" && typeof one !== "boolean") throw new MalformedPolicy(`${name} must be text`);
    return String(one);
  });
}

/** An action under each name it has, on a resource under each of its names, such as `topic/a/b`. */
export interface Question {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** Whether the documents together allow it. */
export function isAllowed(documents: readonly PolicyDocument[], question: Question, variables: Variables): boolean {
  let allowed = false;
  for (const { statements } of documents) {
    for (const statement of statements) {
      if (allowed && statement.effect === "Allow") continue;
      if (!applies(statement, question, variables)) continue;
      if (statement.effect === "Deny") return false;
      allowed = true;
    }
  }
  return allowed;
}

function applies({ actions, resources, conditions }: Statement, question: Question, variables: Variables): boolean {
  return (
    question.actions.some((action) => selects(actions, action.toLowerCase(), variables)) &&
    question.resources.some((resource) => selects(resources, resource, variables)) &&
    conditions.every((condition) => holds(condition, variables))
  );
}

function selects({ patterns, except }: Selection, value: string, variables: Variables): boolean {
  return patterns.some((pattern) => matches(pattern, value, variables)) !== except;
}

/** Comparisons of one value with what the document gives. What is not here never holds, so its statement never applies. */
const comparisons: Readonly<Record<string, { readonly negated: boolean; readonly folded?: boolean }>> = {
  StringEquals: { negated: false },
  StringNotEquals: { negated: true },
  StringEqualsIgnoreCase: { negated: false, folded: true },
  StringNotEqualsIgnoreCase: { negated: true, folded: true },
  StringLike: { negated: false },
  StringNotLike: { negated: true },
  ArnEquals: { negated: false },
  ArnLike: { negated: false },
  Bool: { negated: false, folded: true },
};

function holds({ operator, key, values }: Condition, variables: Variables): boolean {
  const [, quantifier, named = "", optional] = /^(ForAllValues:|ForAnyValue:)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const comparison = Object.hasOwn(comparisons, named) ? comparisons[named] : undefined;
  if (comparison === undefined) return false;
  const found = variables(key);
  const actual = found === undefined ? [] : typeof found === "string" ? [found] : found;
  if (found === undefined && optional === ifExists) return true;
  const { negated, folded = false } = comparison;
  const fits = (value: string): boolean => values.some((pattern) => matches(pattern, value, variables, folded)) !== negated;
  if (quantifier === "ForAllValues:") return actual.every(fits);
  // A key that is not there differs from every value.
  return actual.length === 0 ? negated : actual.some(fits);
}

const many = -1;
const one = -2;

/** Whether a pattern covers a whole value. A variable without a value makes it cover nothing. */
function matches(pattern: Pattern, value: string, variables: Variables, folded = false): boolean {
  const wanted: number[] = [];
  for (const piece of pattern) {
    if ("any" in piece) {
      wanted.push(piece.any === "many" ? many : one);
      continue;
    }
    const text = "text" in piece ? piece.text : variables(piece.variable);
    if (typeof text !== "string") return false;
    for (let at = 0; at < text.length; at++) wanted.push((folded ? text.toLowerCase() : text).charCodeAt(at));
  }
  return covers(wanted, folded ? value.toLowerCase() : value);
}

/** Goes back to the latest `*` only: linear for ordinary patterns, and never worse than the product of both lengths. */
function covers(wanted: readonly number[], value: string): boolean {
  let [at, next, star, retry] = [0, 0, -1, 0];
  while (at < value.length) {
    const code = wanted[next];
    if (code === many) {
      star = next++;
      retry = at;
    } else if (code !== undefined && (code === one || code === value.charCodeAt(at))) {
      at++;
      next++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++retry;
    } else return false;
  }
  while (wanted[next] === many) next++;
  return next === wanted.length;
}
