/** Runs every spec in whatever Lua this is compiled into. One line each: `ok` or `failed`, the file, the sentence, and why, tab between. */
import { specs } from "./index";
import { onFailure } from "./spec";

declare function print(this: void, line: string): void;
declare function error(this: void, message: string, level: number): never;
declare function xpcall(this: void, body: () => void, onError: (this: void, message: unknown) => void): void;
declare const debug: { traceback(this: void, message: string, level: number): string };

/** Lines must stay lines: a traceback has several. */
function oneLine(text: string): string {
  return text.split("\n").join("\\n");
}

onFailure((message) => error(message, 3)); // 3: the line that calls equal() or ok()

for (const file of Object.keys(specs)) {
  const spec = specs[file];
  if (spec === undefined) continue;
  for (const sentence of Object.keys(spec)) {
    const prove = spec[sentence];
    if (prove === undefined) continue;
    const fault: { text?: string } = {};
    xpcall(prove, (message) => {
      fault.text = debug.traceback(typeof message === "string" ? message : String(message), 2);
    });
    print(fault.text === undefined ? `ok\t${file}\t${sentence}` : `failed\t${file}\t${sentence}\t${oneLine(fault.text)}`);
  }
}
