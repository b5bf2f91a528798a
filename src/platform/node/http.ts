/** Downloads over HTTP and HTTPS, streamed. */
import { get as getPlain, type ClientRequest, type IncomingMessage } from "node:http";
import { get as getSecure } from "node:https";
import type { Http, HttpEnd } from "../../ports";
import type { Enter, TimeSource } from "./clock";
import { reasonOf } from "./reason";

/** What a server with default settings takes as a request line (nginx: large_client_header_buffers 8k). */
const maxUrlBytes = 8192;
const idleMs = 30_000;

/** `roots` are the certificates, PEM, that servers are verified against; undefined means those of Node. `stop` ends every download, silently. */
export function nodeHttp(time: TimeSource, enter: Enter, roots: string | undefined): Http & { stop(): void } {
  const running = new Set<() => void>();

  const get: Http["get"] = (url, events) => {
    let over = false;
    let request: ClientRequest | undefined;
    let cancelIdle = (): void => undefined;

    function stop(): void {
      over = true;
      running.delete(stop);
      cancelIdle();
      request?.destroy();
    }
    function finish(result: HttpEnd): void {
      if (over) return;
      stop();
      enter(() => events.end(result));
    }
    function fail(reason: string): void {
      finish({ kind: "failed", reason });
    }
    function active(): void {
      cancelIdle();
      cancelIdle = time.after(idleMs, () => fail(`no data for ${idleMs / 1000} s`));
    }
    function receive(response: IncomingMessage): void {
      if (over) return;
      active();
      const { "content-length": length, location } = response.headers;
      const sizeBytes = length === undefined ? undefined : Number(length);
      const status = response.statusCode ?? 0;
      enter(() => events.headers(status, sizeBytes, status >= 300 && status < 400 ? location : undefined));
      response.on("data", (chunk: Buffer) => {
        if (over) return;
        active();
        enter(() => events.data(chunk.toString("latin1")));
      });
      response.on("end", () => finish({ kind: "complete" }));
      response.on("error", (error) => fail(`the body ended early: ${reasonOf(error)}`));
    }

    running.add(stop);
    const problem = urlProblem(url);
    if (problem !== undefined) {
      cancelIdle = time.after(1, () => fail(problem));
      return stop;
    }
    const trust = roots === undefined ? {} : { ca: roots };
    const options = { agent: false as const, ...trust, headers: { "accept-encoding": "identity", "user-agent": "esp32-jobs" } };
    active();
    try {
      request = url.startsWith("https:") ? getSecure(url, options) : getPlain(url, options);
      request.on("response", receive);
      request.on("error", (error) => fail(reasonOf(error)));
    } catch (error) {
      // Certificates that Node cannot read, and hosts that it does not like, are thrown.
      cancelIdle();
      cancelIdle = time.after(1, () => fail(reasonOf(error)));
    }
    return stop;
  };

  return {
    get,
    maxUrlBytes,
    stop() {
      for (const stop of [...running]) stop();
    },
  };
}

// The URL itself is never told: it may hold a signature.
function urlProblem(url: string): string | undefined {
  if (Buffer.byteLength(url) > maxUrlBytes) return `the URL is longer than ${maxUrlBytes} bytes`;
  if (!/^https?:\/\//.test(url)) return "the URL must begin with https:// or http://";
  return URL.canParse(url) ? undefined : "the URL is malformed";
}
