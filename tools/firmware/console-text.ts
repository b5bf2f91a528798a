/** A board's console as lines: what comes in pieces is put together, and a prompt without an end of line shows soon, too. */
import { StringDecoder } from "node:string_decoder";
import type { TimeSource } from "../time";

export interface ConsoleLine {
  readonly text: string;
  /** When its first character came in, in epoch milliseconds. */
  readonly atMs: number;
  /** How many of its characters were already given to `part`. */
  readonly shownLength: number;
}

export interface ConsoleTextOptions {
  readonly time: TimeSource;
  /** A whole line. */
  readonly line: (line: ConsoleLine) => void;
  /** More of a line that has not ended. */
  readonly part: (text: string, atMs: number, startsLine: boolean) => void;
}

export interface ConsoleText {
  feed(bytes: Uint8Array): void;
  /** Ends a line that has begun: no more is coming. */
  flush(): void;
}

/** A line that pauses for so long is probably a prompt. */
const promptMs = 30;
/** At a wrong rate there are no line ends. */
const maxLineLength = 4096;

export function createConsoleText({ time, line, part }: ConsoleTextOptions): ConsoleText {
  let decoder = new StringDecoder("utf8");
  let text = "";
  let shownLength = 0;
  let atMs = 0;
  let cancel: () => void = () => undefined;

  function end(): void {
    line({ text, atMs, shownLength });
    text = "";
    shownLength = 0;
  }

  function showPart(): void {
    if (text.length === shownLength) return;
    part(text.slice(shownLength), atMs, shownLength === 0);
    shownLength = text.length;
  }

  return {
    feed(bytes) {
      cancel();
      for (const character of decoder.write(Buffer.from(bytes)).replaceAll("\0", "")) {
        if (text === "") atMs = time.now();
        if (character === "\n") {
          // The console ends lines with CR LF. A CR that is already shown does no harm.
          if (text.endsWith("\r")) text = text.slice(0, -1);
          end();
        } else {
          text += character;
          if (text.length >= maxLineLength) end();
        }
      }
      if (text !== "") cancel = time.after(promptMs, showPart);
    },
    flush() {
      cancel();
      decoder = new StringDecoder("utf8");
      if (text !== "") end();
    },
  };
}
