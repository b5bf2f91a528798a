/** Job documents of the form {"action": NAME, …fields}. */
import { failed, type Failure } from "../failure";

/** A document that names an action. `fields` is the whole document; the action's own input check reads what it knows. */
export interface ActionDocument {
  readonly ok: true;
  readonly action: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Reads what a job asks for. */
export function readDocument(document: unknown): ActionDocument | Failure {
  if (typeof document !== "object") return failed("DOCUMENT_INVALID", "the job document is not an object");
  // An array looks like an object without "action" here: in Lua an empty one cannot be told from {}.
  const fields = document as Readonly<Record<string, unknown>>;
  const action = fields["action"];
  if (action === undefined) return failed("DOCUMENT_INVALID", 'the job document has no "action"');
  if (typeof action !== "string" || action === "") return failed("DOCUMENT_INVALID", '"action" must be text');
  return { ok: true, action, fields };
}
