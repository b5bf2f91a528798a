/** Downloads by module http, always asynchronous: its synchronous mode can block for ever after some 33 events (http.c). */
import { text } from "../../portable/integers";
import type { Cancel, Http, HttpEnd, HttpEvents } from "../../ports";
import { nodemcuClock as clock } from "./clock";

const longestIdleSeconds = 30;

// One connection at a time: a second TLS session would not fit in memory beside that of MQTT.
let isBusy = false;

function reasonOf(status: number): string {
  if (status === -28674) return "no connection, or the server's certificate is not trusted";
  if (status === -28679) return "the server did not answer in time";
  if (status === -28680) return "the server closed the connection too early";
  return status === 0 ? "the server did not answer" : `error ${text(status)} of the HTTP client`;
}

function lengthOf(header: string | undefined): number | undefined {
  // tonumber also reads "0x10", "1e3" and " 7 ".
  const [digits] = string.match(header ?? "", "^%d+$");
  if (digits === undefined) return undefined;
  return digits.length > 9 ? 2147483647 : tonumber(digits);
}

/** `ca`: the roots that https servers are verified with. Without them https fails, unless the firmware has roots of its own. */
export function nodemcuHttp(ca: string | undefined, maxUrlBytes: number): Http {
  function get(url: string, events: HttpEvents): Cancel {
    let over = false;
    let isAnswered = false;
    let heardSeconds = clock.seconds();
    let connection: FirmwareHttpConnection | undefined;

    function finish(result: HttpEnd): void {
      if (over) return;
      cancel();
      events.end(result);
    }
    function fail(reason: string): void {
      finish({ kind: "failed", reason });
    }

    // At the end of each callback: only there an unwanted connection may be closed (http.c, context_close).
    function leave(): void {
      heardSeconds = clock.seconds();
      if (over && connection !== undefined) connection.close();
    }

    function request(): void {
      if (isBusy) {
        cancelStart = clock.after(100, request);
        return;
      }
      const [ok, opened] = pcall(http.createConnection, url, http.GET, {
        async: true,
        // Smaller ones cut the values of response headers.
        bufsz: 2048,
        // Longer than ours: a body that times out ends as if it were whole (esp_http_client_perform).
        timeout: (longestIdleSeconds + 2) * 1000,
        max_redirects: 0,
        cert: ca,
      });
      if (!ok) return fail("the URL is not one that the HTTP client takes");
      connection = opened;
      opened.on("headers", (status, headers) => {
        isAnswered = true;
        if (!over) events.headers(status, lengthOf(headers["content-length"]), headers["location"]);
        leave();
      });
      opened.on("data", (_status, chunk) => {
        if (!over) events.data(chunk);
        leave();
      });
      opened.on("complete", (status) => {
        isBusy = false;
        // A finished connection that was kept alive holds its TLS session until it is collected; and the firmware holds the callbacks,
        // which hold the connection: it is collected only when this reference is gone.
        if (connection !== undefined) connection.close();
        connection = undefined;
        if (isAnswered && status >= 0) finish({ kind: "complete" });
        else fail(reasonOf(status));
      });
      isBusy = true;
      const [started] = pcall(() => opened.request());
      if (started) return;
      isBusy = false;
      connection = undefined;
      fail("no memory for the HTTP client");
    }

    function watch(forSeconds: number): Cancel {
      return clock.after(forSeconds * 1000, () => {
        const idleSeconds = clock.seconds() - heardSeconds;
        if (idleSeconds >= longestIdleSeconds) fail(`nothing came for ${text(longestIdleSeconds)} s`);
        else cancelWatch = watch(longestIdleSeconds - idleSeconds);
      });
    }

    function cancel(): void {
      over = true;
      cancelStart();
      cancelWatch();
    }

    let cancelWatch = watch(longestIdleSeconds);
    let cancelStart = clock.after(
      10,
      url.length > maxUrlBytes ? () => fail(`the URL has more than the ${text(maxUrlBytes)} bytes that this firmware can send`) : request,
    );
    return cancel;
  }
  return { get, maxUrlBytes };
}
