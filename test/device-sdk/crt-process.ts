/**
 * A device in a process of its own, with AWS's IoT device SDK v2: calls come in over the process's channel, answers and events go out.
 * The SDK's native part takes down a worker thread that ends (aws-crt 1.33.1), so it cannot live in the test runner.
 */
import type { mqtt_request_response } from "aws-iot-device-sdk-v2";
import { auth, iot, iotjobs, mqtt, mqtt5 } from "aws-iot-device-sdk-v2";
import type { CrtAddress, CrtCall, CrtOutcome } from "./crt-device";

let connection: mqtt.MqttClientConnection | undefined;
let modern: mqtt5.Mqtt5Client | undefined;
let v1: iotjobs.IotJobsClient | undefined;
let v2: iotjobs.IotJobsClientv2 | undefined;

const limits = { maxRequestResponseSubscriptions: 5, maxStreamingSubscriptions: 2, operationTimeoutInSeconds: 8 };

function tell(outcome: CrtOutcome): void {
  process.send?.(outcome);
}

async function connect({ identity, ca, clientId, hostname, port }: CrtAddress): Promise<void> {
  // With a certificate the SDK names `x-amzn-mqtt-ca` in its greeting, on every port.
  const builder =
    identity === undefined
      ? iot.AwsIotMqttConnectionConfigBuilder.new_with_websockets()
      : iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder(identity.certificate, identity.privateKey);
  if (identity === undefined) builder.with_credentials("us-east-1", "AKIDEXAMPLE", "wJalrXUtnFEMI", "session-token");
  builder.with_certificate_authority(ca).with_client_id(clientId).with_clean_session(true).with_endpoint(hostname).with_port(port);
  connection = new mqtt.MqttClient().new_connection(builder.build());
  connection.on("error", () => {}); // Calls tell by themselves, and an EventEmitter wants a listener.
  connection.on("interrupt", () => tell({ event: "interrupt", message: {} }));
  await connection.connect();
  v1 = new iotjobs.IotJobsClient(connection);
  v2 = iotjobs.IotJobsClientv2.newFromMqtt311(connection, limits);
}

/** Resolves with what the service said in its CONNACK; every later event of the connection is told. */
async function connectMqtt5({ identity, ca, clientId, hostname, port, more = {} }: CrtAddress): Promise<object> {
  const credentialsProvider = auth.AwsCredentialsProvider.newStatic("AKIDEXAMPLE", "wJalrXUtnFEMI", "session-token");
  const builder =
    identity === undefined
      ? iot.AwsIotMqtt5ClientConfigBuilder.newWebsocketMqttBuilderWithSigv4Auth(hostname, { credentialsProvider, region: "us-east-1" })
      : iot.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromMemory(hostname, identity.certificate, identity.privateKey);
  builder
    .withCertificateAuthority(ca)
    .withPort(port)
    .withConnectProperties({ keepAliveIntervalSeconds: 60, clientId, ...more });
  const client = (modern = new mqtt5.Mqtt5Client(builder.build()));
  client.on("error", () => {});
  client.on("disconnection", ({ disconnect }) => tell({ event: "disconnection", message: disconnect ?? {} }));
  const connack = await new Promise<object>((resolve, reject) => {
    client.on("connectionSuccess", (told) => resolve({ ...told.connack, settings: told.settings }));
    client.on("connectionFailure", ({ error, connack: refused }) => {
      client.stop();
      reject(Object.assign(new Error(error.error_name), { modeledError: refused }));
    });
    client.start();
  });
  v1 = iotjobs.IotJobsClient.newFromMqtt5Client(client);
  v2 = iotjobs.IotJobsClientv2.newFromMqtt5(client, limits);
  return connack;
}

/** Opens a stream of the newer client; what comes is told as an event. Resolves when the subscription stands. */
async function listen(
  stream: "createJobExecutionsChangedStream" | "createNextJobExecutionChangedStream",
  thingName: string,
): Promise<void> {
  const operation = v2?.[stream]({ thingName }) as mqtt_request_response.StreamingOperation<object>;
  operation.on("incomingPublish", ({ message }) => tell({ event: stream, message }));
  await new Promise<void>((resolve) => {
    operation.on("subscriptionStatus", () => resolve());
    operation.open();
  });
}

type Method = (...args: readonly unknown[]) => Promise<unknown>;

function carryOut({ client, method, args }: CrtCall): Promise<unknown> {
  if (client === "device" && method === "connectMqtt5") return connectMqtt5(args[0] as CrtAddress);
  if (client === "device") return method === "connect" ? connect(args[0] as CrtAddress) : listen(args[0] as never, args[1] as string);
  if (client === "connection")
    return (connection as unknown as Record<string, Method>)[method]?.call(connection, ...args) as Promise<unknown>;
  if (client === "mqtt5") return (modern as unknown as Record<string, Method>)[method]?.call(modern, ...args) as Promise<unknown>;
  if (client === "v2") return (v2 as unknown as Record<string, Method>)[method]?.call(v2, ...args) as Promise<unknown>;
  const told = (error: unknown, message?: object): void => tell({ event: method, message: message ?? { error: String(error) } });
  const given = method.startsWith("subscribe") ? [...args, mqtt.QoS.AtLeastOnce, told] : [...args, mqtt.QoS.AtLeastOnce];
  return (v1 as unknown as Record<string, Method>)[method]?.call(v1, ...given) as Promise<unknown>;
}

process.on("message", (call: CrtCall) => {
  carryOut(call).then(
    (value) => tell({ id: call.id, value }),
    (error: Error & { modeledError?: unknown }) => tell({ id: call.id, error: String(error), modeledError: error.modeledError }),
  );
});
