/** How far something is, on standard error. */
import pc from "../colour";

/**
 * One line that is written again and again on a terminal, and a line for each tenth elsewhere; there the first `quietMs` go by without
 * one, so that what is soon done leaves no lines.
 */
export function progressLine(quietMs = 0): (done: number, of: number) => void {
  const startMs = Date.now();
  let last = "";
  return (done, of) => {
    const percent = Math.floor((100 * done) / of);
    const isTerminal = process.stderr.isTTY;
    const line = isTerminal ? `  ${done} of ${of}` : `  ${percent - (percent % 10)} %`;
    if (line === last || (!isTerminal && Date.now() - startMs < quietMs)) return;
    last = line;
    process.stderr.write(isTerminal ? `\r\x1b[K${pc.dim(line)}${done === of ? "\n" : ""}` : `${line}\n`);
  };
}
