/** Tells by the first bytes of a connection whether it speaks MQTT 5, and leaves them where they were. */
import type { Duplex } from "node:stream";

/**
 * Whether these bytes begin an MQTT 5 CONNECT; undefined while there are too few to tell. Whatever else they are is for the broker to
 * judge, bytes that are no MQTT at all too.
 */
export function beginsMqtt5(bytes: Buffer): boolean | undefined {
  if (bytes.length > 0 && bytes[0] !== 0x10) return false;
  // The remaining length takes one to four bytes; the last one has no high bit.
  let at = 1;
  while (at < bytes.length && at < 5 && ((bytes[at] ?? 0) & 0x80) !== 0) at++;
  if (at >= 5) return false;
  const header = [0, 4, 0x4d, 0x51, 0x54, 0x54, 5]; // "MQTT" with its length, and the version
  for (const [index, wanted] of header.entries()) {
    const byte = bytes[at + 1 + index];
    if (byte === undefined) return undefined;
    if (byte !== wanted) return false;
  }
  return true;
}

/** Calls `serve` once the version is known, with everything that was sent still to be read. A peer that never tells is hung up on. */
export function whenVersionIsKnown(
  stream: Duplex,
  { patienceMs, log }: { readonly patienceMs: number; readonly log: (line: string) => void },
  serve: (isMqtt5: boolean) => void,
): void {
  let seen: Buffer | undefined;

  function stopWaiting(): void {
    clearTimeout(timer);
    stream.removeListener("readable", look);
    stream.removeListener("end", leave);
    stream.removeListener("close", stopWaiting);
    stream.removeListener("error", leave);
  }

  function leave(error?: Error): void {
    stopWaiting();
    if (error instanceof Error) log(`refused a connection: ${error.message}`);
    stream.on("error", () => {});
    stream.destroy();
  }

  function look(): void {
    const chunk = stream.read() as Buffer | null;
    if (chunk === null) return;
    seen = seen === undefined ? chunk : Buffer.concat([seen, chunk]);
    const isMqtt5 = beginsMqtt5(seen);
    if (isMqtt5 === undefined) return;
    stopWaiting();
    stream.unshift(seen);
    serve(isMqtt5);
  }

  const timer = setTimeout(() => leave(new Error("connect did not arrive in time")), patienceMs);
  stream.on("readable", look);
  stream.once("end", leave);
  stream.once("close", stopWaiting);
  stream.once("error", leave);
}
