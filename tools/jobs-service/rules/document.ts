/** Job documents: opaque JSON, in which placeholders are replaced by fresh URLs each time the document goes to a device. */
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
const placeholder = /\$\{aws:iot:s3-presigned-url(?:-v2)?:(https?:\/\/[^}"\\]+)\}/g;

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
  return JSON.parse(document.text.replace(placeholder, (_all, url: string) => new URL(store.presign(url, expiresInSec)).href));
}
