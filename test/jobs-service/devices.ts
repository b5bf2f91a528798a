/** Devices on real MQTT connections, as tests of the service need them. */
import { connect, connectAsync, type IClientOptions, type MqttClient } from "mqtt";

export interface Got {
  readonly topic: string;
  readonly payload: Record<string, unknown>;
  readonly qos: number;
}

export interface Device {
  readonly client: MqttClient;
  readonly got: Got[];
  readonly closed: Promise<void>;
  /** Resolves when a message for which the test is waiting has come; earlier ones count. */
  until(isWanted: (got: Got) => boolean): Promise<Got>;
}

/** Everything sent to a device before is there once this has come back. */
export async function fence({ client, until }: Device): Promise<void> {
  const clientToken = `fence-${Math.random()}`;
  client.publish(`$aws/things/${client.options.clientId ?? ""}/jobs/get`, JSON.stringify({ clientToken }), { qos: 1 });
  await until(withToken(clientToken));
}

/** Tells the reply to the request that carried this token. */
export function withToken(clientToken: string): (got: Got) => boolean {
  return ({ payload }) => payload["clientToken"] === clientToken;
}

/** Makes devices, and ends them all. */
export function devices() {
  const clients: MqttClient[] = [];

  function watch(client: MqttClient): Device {
    clients.push(client);
    const got: Got[] = [];
    const waiting = new Set<() => void>();
    client.on("message", (topic, payload, { qos }) => {
      got.push({ topic, payload: JSON.parse(payload.toString() || "{}") as Got["payload"], qos });
      for (const look of waiting) look();
    });
    client.on("error", () => {});
    return {
      client,
      got,
      closed: new Promise((resolve) => client.once("close", () => resolve())),
      until: (isWanted) =>
        new Promise((resolve) => {
          const look = (): void => {
            const found = got.find(isWanted);
            if (found === undefined) return;
            waiting.delete(look);
            resolve(found);
          };
          waiting.add(look);
          look();
        }),
    };
  }

  return {
    watch,
    /** A device that has connected. */
    async connected(url: string, clientId: string, options: IClientOptions = {}): Promise<Device> {
      return watch(await connectAsync(url, { clientId, reconnectPeriod: 0, ...options }));
    },
    /** A device that tries to connect, once. */
    trying(url: string, clientId: string, options: IClientOptions = {}): Device {
      return watch(connect(url, { clientId, reconnectPeriod: 0, ...options }));
    },
    async end(): Promise<void> {
      await Promise.all(clients.map((client) => client.endAsync(true)));
    },
  };
}
