/** What a person is told of an error of the network. */

/** Never empty: a refused connection to a name with several addresses has a code but no message (AggregateError). */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
}
