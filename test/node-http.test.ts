/** The downloads of a Node agent, beyond what every platform owes. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { nodeHttp } from "../src/platform/node/http";
import type { HttpEnd } from "../src/ports";
import { VirtualTime } from "../tools/time";

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
});

/** What a download told, from a server that answers so. */
async function get(answer: (response: ServerResponse) => void, query = ""): Promise<{ location: string | undefined; end: HttpEnd }> {
  const listening = (server = createServer((_, response) => answer(response)));
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const { port } = listening.address() as AddressInfo;
  let told: string | undefined;
  const end = await new Promise<HttpEnd>((resolve) => {
    nodeHttp(new VirtualTime(), (tell) => tell(), undefined).get(`http://127.0.0.1:${port}/a/b${query}`, {
      headers: (_status, _size, location) => (told = location?.replace(`${port}`, "PORT")),
      data: () => undefined,
      end: resolve,
    });
  });
  return { location: told, end };
}

test("a body that ends before its announced length is failed", async () => {
  const { end } = await get((response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("x", () => response.destroy());
  });
  expect(end).toEqual({ kind: "failed", reason: expect.stringMatching(/^the body ended early/) as string });
});

test("a body in chunks that ends without its last one is failed", async () => {
  const { end } = await get((response) => response.write("x", () => response.destroy()));
  expect(end).toEqual({ kind: "failed", reason: expect.stringMatching(/^the body ended early/) as string });
});

test.each(["https://other.example/x", "/c?d=e", "c"])("a redirect to %s is told as the server gave it", async (location) => {
  const got = await get((response) => response.writeHead(302, { location }).end());
  expect(got.location).toBe(location);
});

test("a location without a redirect is not told", async () => {
  expect((await get((response) => response.writeHead(201, { location: "/c" }).end())).location).toBeUndefined();
});

test("no reason repeats the URL, which may hold a signature", async () => {
  const { end } = await get((response) => response.destroy(), "?X-Amz-Signature=secret");
  expect(end.kind).toBe("failed");
  expect(JSON.stringify(end)).not.toContain("secret");
});
