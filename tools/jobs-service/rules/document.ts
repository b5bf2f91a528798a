/** Job documents: opaque JSON, in which placeholders are replaced by fresh URLs each time the document goes to a device. */
import { isTooDeep, maxDepth } from "./json-depth";
import type { Execution, Store } from "./store";

export interface JobDocument {
  /** As the creator wrote it. */
  readonly text: string;
  /** The parsed text when nothing in it has to be replaced. */
  readonly value: unknown;
  readonly hasPlaceholders: boolean;
}

/** AWS counts the document before substitution. */
export const maxDocumentBytes = 32_768;

const defaultExpiresInSec = 3600;
// Both forms; in -v2 the object's key is already URL-encoded.
const placeholderStart = /\$\{aws:iot:s3-presigned-url(?:-v2)?:/g;
const placeholder = /\$\{aws:iot:s3-presigned-url(?:-v2)?:(https?:\/\/[^}"\\]+)\}/g;

/** AWS signs no more URLs in one document (older quota page). */
export const maxPlaceholders = 10;

/** How many URLs are to be signed in a document, those that are none included. */
export function placeholdersIn(text: string): number {
  return text.match(placeholderStart)?.length ?? 0;
}

/** Puts the values of `documentParameters` where a managed template asks for them; what is not given becomes empty. */
export function substituteParameters(text: string, parameters: Readonly<Record<string, string>>): string {
  // A placeholder stands within a JSON string, and so must its value.
  return text.replace(/\$\{aws:iot:parameter:([a-zA-Z0-9_-]{1,128})\}/g, (_all, name: string) =>
    JSON.stringify(Object.hasOwn(parameters, name) ? parameters[name] : "").slice(1, -1),
  );
}

/** A document that is to go to devices: throws a SyntaxError also when it nests so deep that it could not be written into a message. */
export function readNewDocument(text: string): JobDocument {
  if (isTooDeep(text)) throw new SyntaxError(`the document nests more than ${maxDepth} levels deep`);
  return readDocument(text);
}

/** Throws a SyntaxError when the text is not JSON. */
export function readDocument(text: string): JobDocument {
  const value: unknown = JSON.parse(text);
  return { text, value, hasPlaceholders: text.search(placeholder) >= 0 };
}

/** The document as handed to the device, with URLs signed now: every delivery differs. */
export function deliveredDocument(store: Store, execution: Execution): unknown {
  const { document, settings } = execution.job;
  if (!document.hasPlaceholders) return document.value;
  const expiresInSec = settings.presignedUrlConfig?.expiresInSec ?? defaultExpiresInSec;
  // A URL in its normal form has neither quote nor backslash, so the text stays JSON.
  const { thingName } = execution.thing;
  return JSON.parse(
    document.text.replace(placeholder, (all, url: string) =>
      // What is no URL stays as it is, as other text in braces does.
      URL.canParse(url) ? new URL(store.presign(url, expiresInSec, thingName)).href : all,
    ),
  );
}
