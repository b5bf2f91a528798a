/** MQTT over WebSocket on the HTTPS port, as browsers and AWS's SDKs speak it: `/mqtt`, signed in the query. */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocketServer } from "ws";
import type { TimeSource } from "../time";
import type { MqttFace } from "./mqtt-face";
import { ControlRefusal } from "./rules";
import { verifyRequest, type Credentials } from "./sigv4";

/** The service in the scope of the signature (developer guide, "MQTT over the WebSocket protocol"). */
const service = "iotdevicegateway";
const maxFrameBytes = 256 * 1024;
/** Whatever is said over it, a WebSocket ends after a day ("AWS IoT Core endpoints and quotas", WebSocket connection duration). */
const longestMs = 24 * 3_600_000;

export interface WebSocketOptions {
  readonly mqtt: Pick<MqttFace, "accept">;
  /** When given, the request must be signed with these; otherwise everyone on this computer may connect. */
  readonly credentials: Credentials | undefined;
  readonly time: TimeSource;
  readonly log: (line: string) => void;
}

/** Takes up the WebSockets of a server. Who signs is an AWS user and no device: IAM, not IoT policies, would bind it, so nothing does. */
export function serveWebSockets(server: Server, { mqtt, credentials, time, log }: WebSocketOptions): void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    handleProtocols: (offered) => (offered.has("mqtt") ? "mqtt" : false),
  });

  function refuse(socket: Duplex, status: string, reason: string): void {
    log(`refused a WebSocket: ${reason}`);
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy()); // Or a peer that stays would stay for ever.
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (pathOf(request) !== "/mqtt") return refuse(socket, "404 Not Found", "its path is not /mqtt");
    if (!/(^|,)\s*mqtt\s*(,|$)/.test(request.headers["sec-websocket-protocol"] ?? "")) {
      return refuse(socket, "400 Bad Request", "its subprotocol is not mqtt");
    }
    if (credentials !== undefined) {
      try {
        await verifyRequest(signed(request), credentials, [service]);
      } catch (error) {
        if (!(error instanceof ControlRefusal)) throw error;
        return refuse(socket, "403 Forbidden", error.message);
      }
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.once(
        "close",
        time.after(longestMs, () => webSocket.close(1001)),
      );
      mqtt.accept(createWebSocketStream(webSocket), { kind: "iam" });
    });
  }

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy()); // A peer that vanishes is no news.
    upgrade(request, socket, head).catch((error: unknown) => refuse(socket, "500 Internal Server Error", String(error)));
  });
}

function pathOf({ url = "/" }: IncomingMessage): string {
  return url.split("?", 1)[0] ?? "/";
}

function signed({ method = "GET", url = "/", headers }: IncomingMessage) {
  const flat = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value] as const);
  return { method, url, headers: Object.fromEntries(flat) };
}
