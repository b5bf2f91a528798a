/** What a person can read of a caught error: Lua throws strings, JavaScript mostly objects with a message. */
export function errorText(error: unknown): string {
  if (typeof error === "string") return error;
  if (typeof error === "object") {
    const message = (error as { message?: unknown } | undefined)?.message;
    if (typeof message === "string") return message;
  }
  return "an error without a message";
}

/** Calls what may throw, and gives what a person can read of the error; undefined when there was none. The one place where errors are caught. */
export function errorOf(call: () => void): string | undefined {
  try {
    call();
  } catch (error) {
    return errorText(error);
  }
  return undefined;
}
