/** The web servers that the contracts download from, on this computer: plain, with a trusted certificate, and with a strange one. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { openAuthority } from "../../tools/jobs-service/certificates";
import type { MovableTime } from "./movable-time";

export interface Web {
  readonly web: string;
  readonly trustedWeb: string;
  readonly strangeWeb: string;
  readonly deadWeb: string;
  /** The root of the trusted one, PEM. */
  readonly ca: string;
  stop(): Promise<void>;
}

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, code) => code));
/** Longer than a platform waits for data. */
const tooLongMs = 31_000;
/** Not quite as long as a platform waits for data; twice it is longer. */
const slowMs = 20_000;
/** Until what was sent has arrived. */
const arrivalMs = 100;

function answers(time: MovableTime): Record<string, (response: ServerResponse, request: IncomingMessage) => void> {
  return {
    "/bytes": (response) => response.writeHead(200, { "content-length": 1024 }).end(Buffer.alloc(1024, everyByte)),
    "/large": (response) => response.writeHead(200, { "content-length": 262_144 }).end(Buffer.alloc(262_144, everyByte)),
    "/unsized"(response) {
      response.write("one");
      response.write("two");
      response.end("three");
    },
    "/empty": (response) => response.writeHead(200, { "content-length": 0 }).end(),
    "/moved": (response, request) =>
      response.writeHead(302, { location: `http://${request.headers.host ?? ""}/bytes`, "content-length": 0 }).end(),
    "/cut"(response) {
      response.writeHead(200, { "content-length": 1024 });
      response.write(everyByte, () => response.destroy());
    },
    "/hang-up": (response) => response.destroy(),
    "/silent": () => setTimeout(() => time.skip(tooLongMs), arrivalMs),
    "/stuck"(response) {
      response.writeHead(200, { "content-length": 1024 });
      response.write(everyByte, () => setTimeout(() => time.skip(tooLongMs), arrivalMs));
    },
    "/slow"(response) {
      response.writeHead(200, { "content-length": 1024 });
      const send = (round: number): void => {
        response.write(everyByte, () => setTimeout(() => next(round + 1), arrivalMs));
      };
      const next = (round: number): void => {
        time.skip(slowMs);
        if (round === 4) response.end();
        else send(round);
      };
      send(0);
    },
    "/long"(response, request) {
      const query = request.url?.split("?")[1] ?? "";
      response.writeHead(200, { "content-length": query.length }).end(query);
    },
    "/later"(response) {
      response.on("close", () => time.skip(5_000));
      response.writeHead(200, { "content-length": 2, connection: "close" }).end("ok");
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A port that was free a moment ago. */
async function deadPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  await close(server);
  return port;
}

export async function startWeb(time: MovableTime): Promise<Web> {
  const known = answers(time);
  const handle: RequestListener = (request, response) => {
    const answer = known[request.url?.split("?")[0] ?? ""];
    if (answer === undefined) response.writeHead(404, { "content-length": 4 }).end("none");
    else answer(response, request);
  };
  async function secure() {
    const authority = await openAuthority();
    const { certificate, privateKey } = await authority.issueServer(["127.0.0.1", "localhost"]);
    return { ca: authority.ca, server: createSecureServer({ cert: certificate, key: privateKey }, handle) };
  }
  const plain = createServer({ maxHeaderSize: 32_768 }, handle);
  const trusted = await secure();
  const strange = await secure();
  return {
    web: `http://127.0.0.1:${await listen(plain)}`,
    trustedWeb: `https://localhost:${await listen(trusted.server)}`,
    strangeWeb: `https://localhost:${await listen(strange.server)}`,
    deadWeb: `http://127.0.0.1:${await deadPort()}`,
    ca: trusted.ca,
    async stop() {
      for (const server of [plain, trusted.server, strange.server]) {
        server.closeAllConnections();
        await close(server);
      }
    },
  };
}
