/** The firmware's http module over TLS, against the real service. */
import { connect as connectTcp } from "node:net";
import { expect, test } from "vitest";
import { openAuthority } from "../tools/jobs-service/certificates";
import { startJobsService } from "../tools/jobs-service/index";
import { bench, online, until } from "./virtual-esp32/bench";

test("https needs its root: without one, or with another, it does not connect", async () => {
  const service = await startJobsService({ ports: { mqtt: false, mqtts: false, https: 0 } });
  const url = service.putObject("image.bin", Buffer.alloc(20_000, 7));
  const other = await openAuthority();
  const fetch = async (ca: string | undefined): Promise<string[]> => {
    const b = bench(
      online(`
local f = io.open("ca.pem")
local ca = f and f:read("a")
local total = 0
con = http.createConnection("${url}", http.GET, {async = true, bufsz = 4096, cert = ca})
con:on("data", function(_, chunk) total = total + #chunk end)
con:on("complete", function(status) print("complete", status, total) end)
con:request()`),
      {
        network: { connect: (host, port) => connectTcp({ host: host === "localhost" ? "127.0.0.1" : host, port }) },
        httpRequestBytes: 4096,
      },
    );
    if (ca !== undefined) b.board.files.write("ca.pem", ca);
    b.board.powerOn();
    await until(b.time, () => b.lines.some((line) => line.startsWith("complete")));
    b.board.powerOff();
    return b.lines;
  };
  try {
    expect(await fetch(service.ca)).toEqual(["complete\t200\t20000"]);
    expect(await fetch(undefined)).toEqual(["complete\t-28674\t0"]);
    expect(await fetch(other.ca)).toEqual(["complete\t-28674\t0"]);
  } finally {
    await service.stop();
  }
});
