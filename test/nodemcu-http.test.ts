/** The board's downloads: what its HTTP client cannot send, what it reports wrongly, and one connection at a time. */
import { Duplex, duplexPair } from "node:stream";
import { beforeAll, describe, expect, test } from "vitest";
import { boardWith, compileForBoard, type ProgramBoard } from "./surroundings/board-program";

/** Downloads what is in "urls", one after the other; "moved" begins the next one from inside of `headers`. */
const downloading = `
import { readFile } from "nodemcu/files";
import { nodemcuHttp } from "nodemcu/http";

const port = nodemcuHttp(undefined, 465);
const rest = readFile("urls") ?? "";
function next(from: number): void {
  const [url] = string.match(rest, "([^\\n]*)\\n", from);
  if (url === undefined) return print("done");
  const after = from + url.length + 1;
  let bytes = 0;
  let isOver = false;
  const cancel = port.get(url, {
    headers(status, sizeBytes, location) {
      print(\`\${tostring(status)} \${tostring(sizeBytes)} \${tostring(location)}\`);
      if (location === undefined) return;
      cancel();
      next(after);
    },
    data(chunk) {
      bytes += chunk.length;
    },
    end(result) {
      print(isOver ? "a second end" : \`\${tostring(bytes)} bytes, \${result.kind === "failed" ? result.reason : result.kind}\`);
      isOver = true;
      next(after);
    },
  });
}
wifi.sta.on("got_ip", () => next(1));
wifi.sta.on("start", () => wifi.sta.connect());
wifi.mode(wifi.STATION);
wifi.sta.config({ ssid: "home", pwd: "secret" });
wifi.start();
`;

let program = "";
beforeAll(() => {
  program = compileForBoard(downloading);
}, 30_000);

interface Visit {
  readonly requestLine: string;
  /** How many connections of the board were open when it came, itself included. */
  readonly open: number;
}

interface Scene extends ProgramBoard {
  readonly visits: Visit[];
}

/** A board whose web servers answer with these bytes, by path; those without an answer stay silent. An answer that ends in "FIN" hangs up. */
function scene(answers: Record<string, string>, urls: readonly string[]): Scene {
  const visits: Visit[] = [];
  let open = 0;
  function connect(): Duplex {
    const [board, here] = duplexPair();
    open++;
    board.on("close", () => open--);
    here.on("error", () => undefined); // its close tells enough
    here.once("data", (request: Buffer) => {
      const requestLine = request.toString("latin1").split("\r\n")[0] ?? "";
      visits.push({ requestLine, open });
      const answer = answers[requestLine.split(" ")[1]?.split("?")[0] ?? ""];
      if (answer === undefined) return;
      here.write(answer.replace(/FIN$/, ""));
      if (answer.endsWith("FIN")) here.end();
    });
    return board;
  }
  const made = boardWith(program, { network: { connect } });
  made.board.files.write("urls", urls.map((url) => `${url}\n`).join(""));
  made.board.powerOn();
  return { ...made, visits };
}

describe("the board's downloads", () => {
  test("send a URL of 465 bytes, and refuse a longer one without asking anyone", async () => {
    const [longest, longer] = [465, 466].map((size) => "http://web/a?".padEnd(size, "x"));
    const { lines, until, visits } = scene({ "/a": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" }, [longest ?? "", longer ?? ""]);
    await until(() => lines.includes("done"), "both downloads");
    expect(lines).toEqual([
      "200 2 nil",
      "2 bytes, complete",
      "0 bytes, the URL has more than the 465 bytes that this firmware can send",
      "done",
    ]);
    expect(visits).toHaveLength(1);
  });

  test("tell an announced length only when it is one", async () => {
    const answer = (length: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
    const { lines, until } = scene(
      { "/a": `${answer("3")}abc`, "/b": "HTTP/1.1 200 OK\r\nServer: test\r\n\r\nabcdFIN", "/c": `${answer("4294967296")}abcFIN` },
      ["http://web/a", "http://web/b", "http://web/c"],
    );
    await until(() => lines.includes("done"), "the downloads");
    expect(lines.filter((line) => line.startsWith("200"))).toEqual(["200 3 nil", "200 nil nil", "200 2147483647 nil"]);
  });

  test("fail after 30 s without an answer, and after 30 s without more of a body, and the next one works", async () => {
    const { lines, until, time } = scene(
      { "/stuck": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "/a": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" },
      ["http://web/silent", "http://web/stuck", "http://web/a"],
    );
    const begin = time.now();
    await until(() => lines.includes("done"), "the downloads");
    expect(lines).toEqual([
      "0 bytes, nothing came for 30 s",
      "200 10 nil",
      "3 bytes, nothing came for 30 s",
      "200 2 nil",
      "2 bytes, complete",
      "done",
    ]);
    expect(time.now() - begin).toBeLessThan(75_000);
  });

  test("end the connection of a redirect before the next one begins: two TLS sessions would not fit beside MQTT", async () => {
    const { lines, until, visits } = scene(
      {
        "/moved": `HTTP/1.1 302 Found\r\nLocation: http://web/a\r\nContent-Length: 5\r\n\r\nhello`,
        "/a": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      },
      ["http://web/moved", "http://web/a"],
    );
    await until(() => lines.includes("done"), "both downloads");
    expect(lines).toEqual(["302 5 http://web/a", "200 2 nil", "2 bytes, complete", "done"]);
    expect(visits.map(({ open }) => open)).toEqual([1, 1]);
  });

  test("close a finished connection although the server would keep it", async () => {
    const { lines, until, visits, pass } = scene({ "/a": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" }, [
      "http://web/a",
      "http://web/a",
    ]);
    await until(() => lines.includes("done"), "both downloads");
    await pass(100);
    expect(visits.map(({ open }) => open)).toEqual([1, 1]);
  });

  test("say why there is no connection", async () => {
    const made = boardWith(program, {
      network: {
        connect() {
          const refused = Object.assign(new Duplex(), { connecting: true });
          process.nextTick(() => refused.destroy(new Error("refused")));
          return refused;
        },
      },
    });
    made.board.files.write("urls", "http://web/a\n\n");
    made.board.powerOn();
    await made.until(() => made.lines.includes("done"), "the downloads");
    expect(made.lines).toEqual([
      "0 bytes, no connection, or the server's certificate is not trusted",
      "0 bytes, the URL is not one that the HTTP client takes",
      "done",
    ]);
  });
});
