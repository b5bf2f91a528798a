/** Starts a Jobs service in a process of its own, to be killed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { JobsService } from "../../tools/jobs-service";

export interface ServiceProcess extends Pick<JobsService, "urls" | "ca"> {
  /** Ends it as the loss of power would: it gets no chance to finish anything. Resolves once it is gone. */
  kill(): Promise<void>;
  /** What it complained about. */
  readonly complaints: string[];
}

/** Resolves when the service listens. Rejects with what it said when it ends instead. A limit of its files stands for a full disk. */
export async function startServiceProcess(dir: string, maxFileKib?: number): Promise<ServiceProcess> {
  const program = [process.execPath, "--import", "tsx", fileURLToPath(new URL("service-child.ts", import.meta.url)), dir];
  // The exec keeps the process id, so that killing it kills the service.
  const limited = ["bash", "-c", 'ulimit -f "$0" && exec "$@"', String(maxFileKib), ...program];
  const [command = "", ...args] = maxFileKib === undefined ? program : limited;
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const complaints: string[] = [];
  createInterface(child.stderr).on("line", (line) => complaints.push(line));
  const exited = once(child, "exit");
  const line = await Promise.race([
    once(createInterface(child.stdout), "line").then(([text]) => String(text)),
    once(child, "close").then(() => undefined),
  ]);
  if (line === undefined) throw new Error(complaints.join("\n"));
  return {
    ...(JSON.parse(line) as Pick<JobsService, "urls" | "ca">),
    complaints,
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
