/** The commands that are about the service itself: its things, clock, faults, objects, and the way into it for AWS's own tools. */
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { IoTClient, ListThingsCommand } from "@aws-sdk/client-iot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { firstLine, openCommandLine, startUp } from "./surroundings/command-line";

const line = openCommandLine({ AWS_EC2_METADATA_DISABLED: "true", AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" });
const { dir, run, json } = line;
afterAll(line.close);

let address: Record<string, string>;
beforeAll(async () => {
  ({ address } = await startUp(line, "--no-board"));
}, 30_000);

const patience = { timeout: 60_000 };

describe("provision", () => {
  test("writes the files of an identity, for their owner alone, and a second time with the same key", patience, async () => {
    const made = await json("provision", "lamp:07", "--out", "lamp");
    expect(made).toMatchObject({ thingName: "lamp:07", endpoint: "localhost", files: ["settings.json", "ca.pem", "cert.pem", "key.pem"] });
    for (const file of ["settings.json", "key.pem"]) expect(statSync(join(dir, "lamp", file)).mode & 0o077).toBe(0);
    const key = readFileSync(join(dir, "lamp/key.pem"), "utf8");
    expect(new X509Certificate(readFileSync(join(dir, "lamp/cert.pem"))).publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");

    const settings = JSON.parse(readFileSync(join(dir, "lamp/settings.json"), "utf8")) as Record<string, unknown>;
    writeFileSync(join(dir, "lamp/settings.json"), JSON.stringify({ ...settings, endpoint: "old", wifi: { ssid: "at home" } }));
    await json("provision", "lamp:07", "--out", "lamp");
    expect(readFileSync(join(dir, "lamp/key.pem"), "utf8")).toBe(key);
    expect(JSON.parse(readFileSync(join(dir, "lamp/settings.json"), "utf8"))).toMatchObject({
      endpoint: "localhost",
      wifi: { ssid: "at home" },
    });
  });

  test("an agent connects with those files and does a job", patience, async () => {
    await json("provision", "desk-02", "--out", "desk");
    const agent = line.start("agent", "--identity", "desk");
    await firstLine(agent);
    const done = await json(
      "job",
      "create",
      "blink",
      "count=1",
      "onTime=50",
      "offTime=50",
      "--thing",
      "desk-02",
      "--wait",
      "--timeout",
      "30",
    );
    expect(done).toMatchObject({ job: { status: "COMPLETED" }, executions: [{ thingName: "desk-02", status: "SUCCEEDED" }] });
    agent.kill("SIGINT");
    await new Promise((resolve) => agent.once("close", resolve));
  });

  test("settings that are not JSON are named, and stay", patience, async () => {
    await json("provision", "torn", "--out", "torn");
    writeFileSync(join(dir, "torn/settings.json"), "{");
    const { code, err } = await run("provision", "torn", "--out", "torn");
    expect(err).toMatch(/torn\/settings\.json is not JSON/);
    expect(code).toBe(1);
    expect(readFileSync(join(dir, "torn/settings.json"), "utf8")).toBe("{");
  });
});

test("board list shows each thing and what is pending on it", patience, async () => {
  await json("provision", "shelf-1", "--out", "shelf");
  await json("job", "create", "blink", "--thing", "shelf-1", "--id", "waits");
  expect(await json("board", "list")).toContainEqual({
    thingName: "shelf-1",
    attributes: {},
    pending: [{ jobId: "waits", status: "QUEUED" }],
  });
  expect((await run("board", "list")).out).toMatch(/shelf-1 +waits \(QUEUED\)/);
});

test("the clock is moved on, and what is due happens", patience, async () => {
  const before = (await json("clock")) as { now: number };
  const after = (await json("clock", "+1h30m")) as { now: number };
  expect(after.now - before.now).toBeGreaterThanOrEqual(5400);
  expect(after.now - before.now).toBeLessThan(5460);
  expect((await run("clock")).out).toMatch(/^it is \d{4}-\d\d-\d\dT\S+ in the service\n$/);
});

test("a fault is added, listed with how often it happened, and cleared", patience, async () => {
  const { id } = (await json("fault", "add", "drop", "--thing", "lamp:07", "--on", "update", "notify", "--count", "2", "--seed", "7")) as {
    id: string;
  };
  expect(await json("fault", "list")).toMatchObject([
    { id, fault: "drop", target: "lamp:07", operations: ["update", "notify"], count: 2, seen: 0 },
  ]);
  expect((await run("fault", "list")).out).toMatch(/drop +lamp:07 +update notify +1 +0 of 0/);
  expect((await run("fault", "clear", id)).out).toBe(`fault ${id} is off\n`);
  expect((await run("fault", "list")).out).toBe("no faults are on\n");
  const { code, err } = await run("fault", "add", "gremlins");
  expect(err).toMatch(/throttle.*slow-download/);
  expect(code).toBe(1);
});

test("an object is stored under its name, with the digests that an ota document wants", patience, async () => {
  const bytes = Buffer.from("firmware ".repeat(1000));
  writeFileSync(join(dir, "app.bin"), bytes);
  const made = (await json("object", "put", "app.bin", "--name", "lamps/2.0.bin")) as {
    url: string;
    size: number;
    md5: string;
    sha256: string;
  };
  expect(made.size).toBe(bytes.length);
  expect(made.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
  const ca = readFileSync(address["ca"] ?? "");
  const length = await new Promise((resolve, reject) => {
    get(made.url, { ca, agent: false }, (response) => {
      resolve(response.headers["content-length"]);
      response.resume();
    }).on("error", reject);
  });
  expect(length).toBe(String(bytes.length));
});

test("a job whose document has placeholders is made with the role that signs their addresses", patience, async () => {
  await json("provision", "lamp-08", "--out", "lamp-08");
  const document = '{"file":"${aws:iot:s3-presigned-url:https://s3.us-east-1.amazonaws.com/images/app.bin}"}';
  const { code, err } = await run("job", "create", document, "--thing", "lamp-08");
  expect([code, err]).toEqual([1, expect.stringContaining("roleArn")]);
  await json("job", "create", document, "--thing", "lamp-08", "--id", "signed", "--role", "arn:aws:iam::123456789012:role/images");
  expect(await json("job", "show", "signed")).toMatchObject({ executions: [{ thingName: "lamp-08", status: "QUEUED" }] });
});

test("env lets AWS's own tools in", patience, async () => {
  const { out } = await run("env");
  expect(out).toMatch(/^export AWS_ENDPOINT_URL='https:\/\/localhost:\d+'$/m);
  expect(out).toMatch(/^unset AWS_SESSION_TOKEN AWS_PROFILE AWS_SHARED_CREDENTIALS_FILE$/m);
  const {
    AWS_ENDPOINT_URL: endpoint = "",
    AWS_REGION: region = "",
    NODE_EXTRA_CA_CERTS: ca = "",
  } = (await json("env")) as Record<string, string>;
  const iot = new IoTClient({
    endpoint,
    region,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    requestHandler: { httpsAgent: { ca: readFileSync(ca) } },
  });
  const { things } = await iot.send(new ListThingsCommand({}));
  iot.destroy();
  expect(things?.length).toBeGreaterThan(0);
});

test("with --signed only requests with its key are answered, and commands and AWS's tools find that key", patience, async () => {
  const closed = openCommandLine();
  try {
    const { address: signed } = await startUp(closed, "--no-board", "--signed");
    const key = join(closed.dir, "place/credentials");
    expect(statSync(key).mode & 0o077).toBe(0);
    expect(await closed.json("provision", "locked-1")).toMatchObject({ thingName: "locked-1" });
    expect(await closed.json("clock")).toHaveProperty("now");
    const { out } = await closed.run("env");
    expect(out).toContain(`AWS_SHARED_CREDENTIALS_FILE='${key}'`);
    // Those of an AWS account, or of another service here, would go before the file.
    expect(out).toMatch(/^unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN$/m);
    const stranger = new IoTClient({
      endpoint: signed["https"] ?? "",
      region: "us-east-1",
      credentials: { accessKeyId: "LOCAL", secretAccessKey: "guessed" },
      requestHandler: { httpsAgent: { ca: readFileSync(signed["ca"] ?? "") } },
      maxAttempts: 1,
    });
    await expect(stranger.send(new ListThingsCommand({}))).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    stranger.destroy();
  } finally {
    closed.close();
  }
});

describe("AWS IoT Core", () => {
  test("is not reached without region or credentials, and both are named", patience, async () => {
    const noRegion = await run("job", "list", "--aws");
    expect(noRegion).toMatchObject({ code: 2, err: expect.stringContaining("--region") as string });
    const noKeys = await run("job", "list", "--region", "eu-west-1");
    expect(noKeys).toMatchObject({ code: 1, err: expect.stringContaining("aws configure") as string });
  });

  test("gets no job for all its devices by a word left out", patience, async () => {
    const cloud = openCommandLine({
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL: address["https"] ?? "",
      NODE_EXTRA_CA_CERTS: address["ca"] ?? "",
    });
    try {
      expect(await cloud.run("job", "create", "blink", "--aws")).toMatchObject({
        code: 2,
        err: expect.stringContaining("--thing NAME") as string,
      });
      // The very code for AWS, led to the local service by the SDK's own variable: what it makes is kept apart.
      await cloud.json("provision", "cloud-1", "--aws", "--out", "cloud-1");
      expect(existsSync(join(cloud.dir, "place/aws/identities/cloud-1/key.pem"))).toBe(true);
      expect(readFileSync(join(cloud.dir, "cloud-1/ca.pem"), "utf8").match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
      expect(await cloud.json("job", "create", "blink", "--aws", "--thing", "cloud-1", "--id", "c1")).toEqual({
        jobId: "c1",
        targets: ["cloud-1"],
      });
      expect(await cloud.json("job", "list", "--aws", "--limit", "1")).toMatchObject([{ jobId: "c1" }]);
    } finally {
      cloud.close();
    }
  });
});
