/** esp_http_client of ESP-IDF 5.1.3 as NodeMCU's http module runs it: a task that waits for Lua after each event. */
import type { Duplex } from "node:stream";
import { createResponse } from "./http-response";
import type { Response } from "./http-response";

/** Negative esp_err_t codes as Lua sees them. */
export const httpError = {
  generic: -1,
  maxRedirects: -28673,
  connect: -28674,
  write: -28675,
  timeout: -28679,
  closed: -28680,
} as const;

export interface HttpRequest {
  url: string;
  method: string;
  /** In the order in which they go out. */
  headers: [name: string, value: string][];
  body: Buffer | undefined;
}

export interface HttpOptions {
  readonly bufferBytes: number;
  readonly requestBytes: number;
  readonly timeoutMs: number;
  /** 0: redirects are not followed. */
  readonly maxRedirects: number;
  /** A body shorter than announced is an error: our component sees to that. */
  readonly checksLength: boolean;
  readonly open: (host: string, port: number, isTls: boolean) => { readonly stream: Duplex; readonly upEvent: "connect" | "secureConnect" };
  readonly after: (delayMs: number, fire: () => void) => () => void;
}

/** Each is answered once Lua is ready for more; `true` asks the task to close the connection. */
export interface HttpEvents {
  connected(): Promise<boolean>;
  headerReceived(name: string, value: string): void;
  /** A part of the body. `status` is known. */
  data(status: number, part: Buffer): Promise<boolean>;
  finished(status: number): Promise<boolean>;
  disconnected(): void;
}

export interface HttpClient {
  /** Runs a request to its end; the result is a status or an error code. */
  perform(request: HttpRequest, events: HttpEvents): Promise<number>;
  close(): void;
}

interface ParsedUrl {
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** undefined when esp_http_client_set_url refuses it. */
export function parseUrl(url: string): ParsedUrl | undefined {
  const match = /^(https?):\/\/([^/:?#]+)(?::(\d+))?([^#]*)/i.exec(url);
  if (match === null) return undefined;
  const isTls = match[1]!.toLowerCase() === "https";
  const rest = match[4] === "" ? "/" : match[4]!;
  return { isTls, host: match[2]!, port: Number(match[3] ?? (isTls ? 443 : 80)), path: rest.startsWith("/") ? rest : `/${rest}` };
}

class Failure extends Error {
  constructor(readonly code: number) {
    super(`http error ${code}`);
  }
}

export function createHttpClient(options: HttpOptions): HttpClient {
  let connection: { readonly stream: Duplex; readonly origin: string; received: Buffer[]; isEnded: boolean; wake: () => void } | undefined;

  function close(events?: HttpEvents): void {
    if (connection === undefined) return;
    connection.stream.destroy();
    connection = undefined;
    events?.disconnected();
  }

  /** Resolves with true, or with false after the timeout. */
  function within(ms: number, start: (done: () => void) => void): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = options.after(ms, () => resolve(false));
      start(() => {
        cancel();
        resolve(true);
      });
    });
  }

  async function connect({ isTls, host, port }: ParsedUrl, events: HttpEvents): Promise<void> {
    const origin = `${isTls ? "https" : "http"}://${host}:${port}`;
    if (connection !== undefined && (connection.origin !== origin || connection.isEnded)) close(events);
    if (connection !== undefined) return;
    let isUp = false;
    await within(options.timeoutMs, (done) => {
      try {
        const { stream, upEvent } = options.open(host, port, isTls);
        const opened = { stream, origin, received: [] as Buffer[], isEnded: false, wake: () => undefined as void };
        connection = opened;
        const ended = (): void => {
          opened.isEnded = true;
          opened.wake();
          done();
        };
        stream.on("error", ended);
        stream.on("end", ended);
        stream.on("close", ended);
        stream.on("data", (chunk: Buffer) => {
          opened.received.push(chunk);
          // TCP's window: the peer waits while Lua does.
          stream.pause();
          opened.wake();
        });
        stream.once(upEvent, () => {
          isUp = true;
          done();
        });
      } catch {
        done();
      }
    });
    if (!isUp) {
      close();
      throw new Failure(httpError.connect);
    }
    if (await events.connected()) {
      close(events);
      throw new Failure(httpError.write);
    }
  }

  /** One read: what is there, at most a buffer. undefined after the timeout, empty when the peer has closed. */
  async function read(): Promise<Buffer | undefined> {
    const current = connection;
    if (current === undefined) return Buffer.alloc(0);
    if (current.received.length === 0 && !current.isEnded) {
      const cameInTime = await within(options.timeoutMs, (done) => {
        current.wake = done;
        current.stream.resume();
      });
      current.wake = () => undefined;
      if (!cameInTime) return undefined;
    }
    const [first, ...rest] = current.received;
    if (first === undefined) return Buffer.alloc(0);
    const part = first.subarray(0, options.bufferBytes);
    current.received = part.length === first.length ? rest : [first.subarray(part.length), ...rest];
    return part;
  }

  /**
   * The request as it leaves the transmit buffer. The request line and each header must fit it together with what is there already: a
   * line too long for it is an error; a header that never fits leaves the rest of the request unsent.
   */
  function write(request: HttpRequest, { host, port, isTls, path }: ParsedUrl): void {
    const room = options.requestBytes;
    const requestLine = `${request.method} ${path} HTTP/1.1\r\n`;
    if (requestLine.length >= room) throw new Failure(httpError.generic);
    const isDefaultPort = port === (isTls ? 443 : 80);
    const headers = request.headers.map(([name, value]): [string, string] =>
      name.toLowerCase() === "host" && value === "" ? [name, isDefaultPort ? host : `${host}:${port}`] : [name, value],
    );
    if (request.body !== undefined) headers.push(["Content-Length", String(request.body.length)]);
    let buffer = requestLine;
    const parts: string[] = [];
    for (const [name, value] of headers) {
      const line = `${name}: ${value}\r\n`;
      if (buffer.length + line.length + 2 > room) {
        if (parts.length === 0 && buffer === requestLine) return; // the first header does not fit beside the request line: nothing is sent
        if (buffer === "") break;
        parts.push(buffer);
        buffer = "";
        if (line.length + 2 > room) break; // the request stays without its end, and the server waits
      }
      buffer += line;
      if (headers[headers.length - 1]![0] === name) parts.push(`${buffer}\r\n`);
    }
    const { stream } = connection!;
    for (const part of parts) stream.write(Buffer.from(part, "latin1"));
    if (request.body !== undefined && request.body.length > 0) stream.write(request.body);
  }

  async function receive(request: HttpRequest, events: HttpEvents): Promise<Response> {
    const queue: (() => void)[] = [];
    let part: Buffer | undefined;
    const response = createResponse(request.method, {
      header: (name, value) => events.headerReceived(name, value),
      data: (bytes) => (part = bytes),
    });
    const deliver = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        next();
        if (part === undefined) continue;
        const bytes = part;
        part = undefined;
        if (await events.data(response.status, bytes)) {
          close(events);
          throw new Failure(response.status);
        }
      }
    };
    while (!response.bodyComplete) {
      const bytes = await read();
      if (bytes === undefined || bytes.length === 0) {
        if (!response.headersComplete) throw new Failure(bytes === undefined ? httpError.timeout : httpError.closed);
        if (options.checksLength && response.length > 0) throw new Failure(httpError.closed);
        break; // a body that ends early is no error
      }
      queue.push(...response.feed(bytes));
      await deliver();
    }
    return response;
  }

  return {
    close: () => close(),
    async perform(request, events) {
      const current = { ...request };
      try {
        for (let redirects = 0; ; redirects++) {
          const url = parseUrl(current.url);
          if (url === undefined) return httpError.generic;
          await connect(url, events);
          write(current, url);
          const response = await receive(current, events);
          const isRedirect =
            [301, 302, 303, 307, 308].includes(response.status) && options.maxRedirects > 0 && response.location !== undefined;
          if (!isRedirect && (await events.finished(response.status))) close(events);
          if (!response.keepAlive) close(events);
          if (!isRedirect) return response.status;
          if (redirects >= options.maxRedirects) return httpError.maxRedirects;
          current.url = new URL(response.location, current.url).href;
        }
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (error.code < 0) close(events);
        return error.code;
      }
    },
  };
}
