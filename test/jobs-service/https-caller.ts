/** Calls the HTTPS face of a service as its clients do. */
import { Agent, request } from "node:https";
import type { JobsService } from "../../tools/jobs-service";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly json: Record<string, unknown>;
}

export interface Caller {
  call(method: string, url: string, body?: string | Uint8Array, headers?: Record<string, string>): Promise<Answer>;
  end(): void;
}

/** A client that trusts the service's own CA, and shows a certificate when it is given one. */
export function callerOf({ ca, urls }: Pick<JobsService, "ca" | "urls">, identity: { cert?: string; key?: string } = {}): Caller {
  const agent = new Agent({ ca, ...identity });
  return {
    call: (method, url, body, headers = {}) =>
      new Promise((resolve, reject) => {
        const sent = request(new URL(url, urls.https), { method, agent, headers }, (response) => {
          const parts: Buffer[] = [];
          response.on("data", (part: Buffer) => parts.push(part));
          response.on("error", reject);
          response.on("end", () => {
            const bytes = Buffer.concat(parts);
            const isJson = response.headers["content-type"]?.includes("json") === true;
            const json = isJson ? (JSON.parse(bytes.toString()) as Record<string, unknown>) : {};
            resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, json });
          });
        });
        sent.on("error", reject);
        sent.end(body);
      }),
    end: () => agent.destroy(),
  };
}
