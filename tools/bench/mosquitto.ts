/** Mosquitto, where it is installed: what a broker in C does with the same messages. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { temporaryFolder, whenOver } from "./cleanup";

export interface Mosquitto {
  readonly version: string;
  readonly port: number;
  /** Processor time so far, undefined where /proc does not tell. */
  cpuMs(): number | undefined;
  end(): Promise<void>;
}

const patienceMs = 5000;

/** Undefined where it is not installed. */
export async function startMosquitto(): Promise<Mosquitto | undefined> {
  // Debian keeps it in /usr/sbin, which is not in everyone's path.
  const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin` };
  const help = spawnSync("mosquitto", ["-h"], { env, encoding: "utf8" });
  if (help.error !== undefined) return undefined;
  const version = /version ([\d.]+)/.exec(help.stdout)?.[1] ?? "of unknown version";
  const folder = temporaryFolder();
  const port = await freePort();
  const config = join(folder.dir, "mosquitto.conf");
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nlog_type none\n`);
  const child = spawn("mosquitto", ["-c", config], { env, stdio: "ignore" });
  const kill = whenOver(() => child.kill());
  const ended = once(child, "close");
  await accepts(port);
  return {
    version,
    port,
    cpuMs: () => cpuMsOf(child.pid ?? 0),
    async end() {
      kill();
      await ended;
      folder.remove();
    },
  };
}

/** It cannot say which port it got, so it has to be told one. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function accepts(port: number): Promise<void> {
  const untilMs = performance.now() + patienceMs;
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isThere = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return;
    if (performance.now() > untilMs) throw new Error("mosquitto does not accept connections");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function cpuMsOf(pid: number): number | undefined {
  try {
    // After the name in parentheses: fields 14 and 15, in ticks of 10 ms.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return undefined;
  }
}
