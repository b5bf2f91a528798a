/** Vectors over a real MQTT connection to a freshly started service. */
import { Socket } from "node:net";
import { connectAsync, type MqttClient } from "mqtt";
import { VirtualTime } from "../../time";
import { startJobsService } from "../index";
import { vectorChoices, type Received, type Target } from "./target";

/** How long anything may take on this machine; no answer takes longer unless something is wrong. */
const patienceMs = 10_000;

export async function mqttTarget(nowSeconds: number): Promise<Target> {
  const time = new VirtualTime(nowSeconds * 1000);
  const service = await startJobsService({ time, choices: vectorChoices, ports: { mqtt: 0, mqtts: false, https: false } });
  const url = service.urls.mqtt ?? "";
  const received: Received[] = [];
  let client: MqttClient | undefined;
  let name = "";
  let fences = 0;
  let passed: (() => void) | undefined;

  function take(topic: string, payload: string): void {
    if (payload.includes(`"clientToken":"${fenceToken()}"`)) passed?.();
    else received.push({ topic, payload });
  }

  const fenceToken = (): string => `vectors-fence-${fences}`;

  /** Waits for something, for the end of the connection, or for as long as our patience lasts. */
  function orClosed(connection: MqttClient, something: Promise<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs / 1000} s`)), patienceMs);
      const settle = (): void => {
        clearTimeout(timer);
        connection.off("close", settle);
        resolve();
      };
      connection.once("close", settle);
      if (!connection.connected) settle();
      void something.then(settle, settle);
    });
  }

  return {
    rules: service.rules,
    time,
    async connect(thingName) {
      name = thingName;
      await client?.endAsync(true);
      client = await connectAsync(url, { clientId: thingName, reconnectPeriod: 0, connectTimeout: patienceMs });
      // Or each request waits 40 ms for the acknowledgement of the one before.
      if (client.stream instanceof Socket) client.stream.setNoDelay(true);
      client.on("message", (topic, payload) => take(topic, payload.toString()));
      client.on("error", () => {}); // Its end is seen by `close`.
      await client.subscribeAsync(`$aws/things/${thingName}/jobs/#`, { qos: 1 });
    },
    async publish(topic, payload, qos) {
      if (client !== undefined) await orClosed(client, client.publishAsync(topic, payload, { qos }));
    },
    /** A connection keeps the order of its messages: when the answer to one more request is here, all before it are too. */
    async received() {
      fences++;
      const fence = new Promise<void>((resolve) => (passed = resolve));
      const connection = client;
      if (connection !== undefined && connection.connected) {
        connection.publish(`$aws/things/${name}/jobs/get`, JSON.stringify({ clientToken: fenceToken() }), { qos: 1 });
        await orClosed(connection, fence);
      }
      return received;
    },
    isDisconnected: () => client?.connected !== true,
    async end() {
      await client?.endAsync(true);
      await service.stop();
    },
  };
}
