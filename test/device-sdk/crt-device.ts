/** The test's end of a device that runs AWS's IoT device SDK v2 in a process of its own. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Where to connect, and as who. Without an identity: over a WebSocket, signed with AWS credentials. */
export interface CrtAddress {
  readonly identity?: { readonly certificate: string; readonly privateKey: string };
  readonly ca: string;
  readonly clientId: string;
  readonly hostname: string;
  readonly port: number;
  /** What an MQTT 5 client says beside that in its CONNECT. */
  readonly more?: object;
}

export interface CrtCall {
  readonly id: number;
  readonly client: "device" | "connection" | "mqtt5" | "v1" | "v2";
  readonly method: string;
  readonly args: readonly unknown[];
}

export type CrtOutcome =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string; readonly modeledError: unknown }
  | { readonly event: string; readonly message: object };

/** An error of the SDK, with what the service said. */
export class CrtFailure extends Error {
  constructor(
    message: string,
    readonly modeledError: unknown,
  ) {
    super(message);
  }
}

export interface CrtDevice {
  call(client: CrtCall["client"], method: string, ...args: readonly unknown[]): Promise<Record<string, unknown>>;
  /** The next message of a stream or subscription; those that came earlier count. */
  next(event: string): Promise<Record<string, unknown>>;
  end(): void;
}

/** Starts the process. */
export function startCrtDevice(): CrtDevice {
  const child = fork(fileURLToPath(new URL("crt-process.ts", import.meta.url)), { execArgv: ["--import", "tsx"] });
  const waiting = new Map<number, { resolve: (value: Record<string, unknown>) => void; reject: (error: Error) => void }>();
  const came = new Map<string, Record<string, unknown>[]>();
  const wanted = new Map<string, (message: Record<string, unknown>) => void>();
  let calls = 0;

  child.on("message", (outcome: CrtOutcome) => {
    if ("event" in outcome) {
      const take = wanted.get(outcome.event);
      wanted.delete(outcome.event);
      const message = outcome.message as Record<string, unknown>;
      if (take !== undefined) take(message);
      else came.set(outcome.event, [...(came.get(outcome.event) ?? []), message]);
      return;
    }
    const call = waiting.get(outcome.id);
    waiting.delete(outcome.id);
    if ("error" in outcome) call?.reject(new CrtFailure(outcome.error, outcome.modeledError));
    else call?.resolve(outcome.value as Record<string, unknown>);
  });
  child.on("exit", (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the device's process ended with ${String(code)}`));
  });

  return {
    call: (client, method, ...args) =>
      new Promise((resolve, reject) => {
        const id = ++calls;
        waiting.set(id, { resolve, reject });
        child.send({ id, client, method, args } satisfies CrtCall);
      }),
    next(event) {
      const first = came.get(event)?.shift();
      return first === undefined ? new Promise((resolve) => wanted.set(event, resolve)) : Promise.resolve(first);
    },
    end: () => void child.kill("SIGKILL"),
  };
}
