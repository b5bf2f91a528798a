/** A scripted web server for specs. */
import type { Bytes, Cancel, Clock, Http, HttpEnd, HttpEvents } from "../../src/ports";
import { text } from "../../src/portable/integers";

/** How the server answers one URL: the headers, then a piece of the body every `chunkEveryMs`, then the end. */
export interface ScriptedAnswer {
  readonly status: number;
  /** The announced length; absent when the server does not say. */
  readonly sizeBytes?: number;
  readonly location?: string;
  readonly chunks?: readonly Bytes[];
  /** 1 unless said otherwise. */
  readonly chunkEveryMs?: number;
  /** Complete unless said otherwise. */
  readonly end?: HttpEnd;
}

/** Answers by URL. Any other URL ends as failed, as an unknown host does. `did` hears what was asked. */
export function virtualHttp(clock: Clock, answers: Record<string, ScriptedAnswer>, maxUrlBytes: number, did: (what: string) => void): Http {
  function get(url: string, events: HttpEvents): Cancel {
    did(`get ${url}`);
    const answer = answers[url];
    const everyMs = answer?.chunkEveryMs ?? 1;
    const chunks = answer?.chunks ?? [];
    let over = false;
    let sent = -1;

    function finish(end: HttpEnd): void {
      over = true;
      events.end(end);
    }
    function step(): void {
      if (over) return;
      sent++;
      if (url.length > maxUrlBytes) finish({ kind: "failed", reason: `the URL is longer than ${text(maxUrlBytes)} bytes` });
      else if (answer === undefined) finish({ kind: "failed", reason: "the host is unknown" });
      else if (sent > chunks.length) finish(answer.end ?? { kind: "complete" });
      else {
        clock.after(everyMs, step);
        if (sent === 0) events.headers(answer.status, answer.sizeBytes, answer.location);
        else events.data(chunks[sent - 1] ?? "");
      }
    }

    clock.after(everyMs, step);
    return () => {
      if (!over) did(`stop getting ${url}`);
      over = true;
    };
  }
  return { get, maxUrlBytes };
}
