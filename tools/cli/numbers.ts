/** Numbers as the command line gives them. */
import { InvalidArgumentError } from "commander";

/** 1 or more. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("must be a whole number, 1 or more");
  return Number(text);
}

export function wholeSeconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("must be a whole number of seconds");
  return Number(text);
}

/** A port number, or 0 for any free one. */
export function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new InvalidArgumentError("must be a whole number from 0 to 65535");
  return port;
}

/** Not negative, with a fraction if need be. */
export function fraction(text: string): number {
  if (!/^\d{1,15}(\.\d{1,9})?$/.test(text)) throw new InvalidArgumentError("must be a number");
  return Number(text);
}
