/** The HTTPS port as MQTT clients see it: WebSockets signed with AWS credentials, and TLS clients that ask for MQTT. */
import { connect as tlsConnect } from "node:tls";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import type { IClientOptions } from "mqtt";
import { MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { VirtualTime } from "../tools/time";
import { devices, fence, withToken, type Device } from "./jobs-service/devices";
import { createJob, securedAroundEachTest, statusOf, thing } from "./jobs-service/secured-service";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI" };
const time = new VirtualTime(Date.now());
const at = securedAroundEachTest({ credentials, time });
let made: ReturnType<typeof devices>;
beforeEach(() => {
  made = devices();
});
afterEach(() => made.end());

/** A WebSocket address as the developer guide has clients make it. */
async function signedUrl(secretAccessKey = credentials.secretAccessKey, service = "iotdevicegateway"): Promise<string> {
  const signer = new SignatureV4({ credentials: { ...credentials, secretAccessKey }, region: "us-east-1", service, sha256: Sha256 });
  const { host, hostname } = at.https;
  const request = { method: "GET", protocol: "wss:", hostname, path: "/mqtt", headers: { host } };
  const { query = {} } = await signer.presign(request, { expiresIn: 300 });
  const pairs = Object.entries(query).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return `wss://${host}/mqtt?${pairs.join("&")}`;
}

function overWebSocket(url: string, options: IClientOptions = {}): Device {
  return made.trying(url, thing, { wsOptions: { ca: at.identity.ca, protocol: "mqtt" }, ...options });
}

describe("over a WebSocket", () => {
  it("a client with the right signature does a job, and may act for any thing", async () => {
    const client = overWebSocket(await signedUrl());
    await client.client.subscribeAsync("$aws/things/+/jobs/notify-next", { qos: 1 });
    createJob(at, "j1");
    expect((await client.until(({ topic }) => topic.endsWith("notify-next"))).payload).toMatchObject({ execution: { jobId: "j1" } });
    client.client.publish(`$aws/things/${thing}/jobs/j1/update`, '{"status":"SUCCEEDED","clientToken":"u"}', { qos: 1 });
    await client.until(withToken("u"));
    expect(statusOf(at, "j1")).toBe("SUCCEEDED");
    at.service.rules.createThing("lamp-02");
    client.client.publish("$aws/things/lamp-02/jobs/get", '{"clientToken":"g"}', { qos: 1 });
    expect((await client.until(withToken("g"))).topic).toBe("$aws/things/lamp-02/jobs/get/accepted");
  });

  it.each<[string, () => Promise<string>, string]>([
    ["another secret", () => signedUrl("another"), "signature we calculated does not match"],
    ["a signature for another service", () => signedUrl(undefined, "iotdata"), "Credential should be scoped to correct service"],
    ["no signature", () => Promise.resolve(`wss://${at.https.host}/mqtt`), "Missing Authentication Token"],
    ["another path", () => Promise.resolve(`wss://${at.https.host}/other`), "its path is not /mqtt"],
  ])("a client with %s is refused", async (_what, url, reason) => {
    const client = overWebSocket(await url());
    await client.closed;
    expect(client.client.connected).toBe(false);
    expect(at.log.join("\n")).toContain(reason);
  });
});

it("ends after 24 hours", async () => {
  const client = overWebSocket(await signedUrl());
  await fence(client);
  time.advance(24 * 3_600_000 - 1);
  await fence(client);
  time.advance(1);
  await client.closed;
});

describe("over TLS on the HTTPS port, with ALPN x-amzn-mqtt-ca", () => {
  function asking(identity: { certificate?: string; privateKey?: string }): Device {
    const { hostname, port } = at.https;
    const options = { ca: at.identity.ca, cert: identity.certificate, key: identity.privateKey, ALPNProtocols: ["x-amzn-mqtt-ca"] };
    const stream = (): ReturnType<typeof tlsConnect> =>
      tlsConnect({ host: hostname, servername: hostname, port: Number(port), ...options });
    return made.watch(new MqttClient(stream, { clientId: thing, reconnectPeriod: 0 }));
  }

  it("a device with its certificate is served", async () => {
    await fence(asking(at.identity));
  });

  it("a client without a certificate is refused", async () => {
    await asking({}).closed;
    expect(at.log.join("\n")).toContain("it showed no certificate");
  });
});
