/** How esp_http_client of ESP-IDF 5.1.3 takes a response apart: one read at a time, headers cut where a read ends. */

export interface ResponseEvents {
  /** A header; its value is cut at the end of a read (a regression of 5.1.3). */
  header(name: string, value: string): void;
  /** A part of the body, at most a read long. */
  data(part: Buffer): void;
}

export interface Response {
  readonly status: number;
  readonly headersComplete: boolean;
  readonly bodyComplete: boolean;
  readonly keepAlive: boolean;
  /** The announced length of the body, -1 when there was none. */
  readonly length: number;
  /** The value of Location, never cut. */
  readonly location: string | undefined;
  /** Takes what one read gave. Events are collected; the caller delivers them one by one. */
  feed(read: Buffer): (() => void)[];
}

type Stage = "status" | "headers" | "body" | "chunk size" | "chunk" | "chunk end" | "trailers" | "complete";

export function createResponse(method: string, events: ResponseEvents): Response {
  let stage: Stage = "status";
  let line = "";
  /** Where in `line` the reads ended. */
  let cuts: number[] = [];
  let status = 0;
  let length = -1;
  let isChunked = false;
  let keepAlive = true;
  let location: string | undefined;
  let left = 0;

  function startBody(): void {
    if (method === "HEAD" || status === 204 || status === 304 || length === 0) stage = "complete";
    else if (isChunked) stage = "chunk size";
    else {
      stage = "body";
      left = length < 0 ? Infinity : length;
    }
  }

  function takeHeader(text: string, out: (() => void)[]): void {
    const colon = text.indexOf(":");
    if (colon < 0) return;
    const name = text.slice(0, colon);
    const start = colon + 1 + (/^[ \t]*/.exec(text.slice(colon + 1))?.[0].length ?? 0);
    const value = text.slice(start).trimEnd();
    const cut = cuts.find((at) => at > start && at < start + value.length);
    const lower = name.toLowerCase();
    if (lower === "content-length") length = Number(value);
    else if (lower === "transfer-encoding") isChunked = value.toLowerCase() === "chunked";
    else if (lower === "connection") keepAlive = value.toLowerCase() !== "close";
    else if (lower === "location") location = value;
    out.push(() => events.header(name, cut === undefined ? value : text.slice(start, cut)));
  }

  function takeLine(text: string, out: (() => void)[]): void {
    if (stage === "status") {
      const match = /^HTTP\/1\.(\d) (\d{3})/.exec(text);
      status = Number(match?.[2] ?? 0);
      keepAlive = match?.[1] !== "0";
      stage = "headers";
    } else if (stage === "headers") {
      if (text !== "") takeHeader(text, out);
      else if (status >= 100 && status < 200) stage = "status";
      else startBody();
    } else if (stage === "chunk size") {
      left = parseInt(text, 16);
      stage = left === 0 ? "trailers" : "chunk";
    } else if (stage === "chunk end") stage = "chunk size";
    else if (text === "") stage = "complete";
  }

  return {
    get status() {
      return status;
    },
    get headersComplete() {
      return stage !== "status" && stage !== "headers";
    },
    get bodyComplete() {
      return stage === "complete";
    },
    get keepAlive() {
      return keepAlive && (length >= 0 || isChunked || stage === "complete");
    },
    get length() {
      return length;
    },
    get location() {
      return location;
    },
    feed(read) {
      const out: (() => void)[] = [];
      let at = 0;
      while (at < read.length && stage !== "complete") {
        if (stage === "body" || stage === "chunk") {
          const part = read.subarray(at, at + Math.min(left, read.length - at));
          at += part.length;
          left -= part.length;
          out.push(() => events.data(part));
          if (left === 0) stage = stage === "body" ? "complete" : "chunk end";
          continue;
        }
        const end = read.indexOf(10, at);
        line += read.toString("latin1", at, end < 0 ? read.length : end);
        if (end < 0) {
          cuts.push(line.length);
          break;
        }
        at = end + 1;
        const text = line.replace(/\r$/, "");
        line = "";
        takeLine(text, out);
        cuts = [];
      }
      return out;
    },
  };
}
