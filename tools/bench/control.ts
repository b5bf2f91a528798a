/** The control plane over one kind of connection: HTTPS that stays open. */
import { Agent, request } from "node:https";

export interface Control {
  call(method: "GET" | "PUT" | "DELETE", path: string, body?: object): Promise<unknown>;
  end(): void;
}

export function openControl(url: string, ca: string): Control {
  const agent = new Agent({ keepAlive: true, ca, noDelay: true });
  return {
    call: (method, path, body) =>
      new Promise((resolve, reject) => {
        const asked = request(new URL(path, url), { agent, method, headers: { "content-type": "application/json" } }, (response) => {
          const pieces: Buffer[] = [];
          response.on("data", (piece: Buffer) => pieces.push(piece));
          response.on("end", () => {
            const text = Buffer.concat(pieces).toString("utf8");
            if (response.statusCode === 200) resolve(JSON.parse(text));
            else reject(new Error(`${method} ${path} was answered with ${response.statusCode ?? 0} ${text}`));
          });
        });
        asked.on("error", reject);
        asked.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    end: () => agent.destroy(),
  };
}
