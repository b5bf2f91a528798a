/** What belongs to the account as a whole, and who may call at all, through AWS's own client. */
import {
  CreateJobCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DeleteThingGroupCommand,
  DescribeEndpointCommand,
  DescribeEventConfigurationsCommand,
  DescribeThingCommand,
  InvalidRequestException,
  IoTClient,
  IoTServiceException,
  ListTagsForResourceCommand,
  ListThingsCommand,
  ResourceNotFoundException,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateEventConfigurationsCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { aroundEachTest, credentials, startDate } from "./jobs-service/aws-clients";
import { callerOf } from "./jobs-service/https-caller";

const at = aroundEachTest({ ports: { mqtt: false } });

describe("the account", () => {
  it("has an endpoint for each of AWS's types", async () => {
    const address = async (endpointType?: string): Promise<unknown> =>
      (await at.iot.send(new DescribeEndpointCommand({ endpointType }))).endpointAddress;
    const { https = "", mqtts = "" } = at.service.urls;
    for (const type of ["iot:Data", "iot:Data-ATS", undefined]) expect(await address(type)).toBe(new URL(mqtts).host);
    for (const type of ["iot:Jobs", "iot:CredentialProvider"]) expect(await address(type)).toBe(new URL(https).host);
    const other = at.iot.send(new DescribeEndpointCommand({ endpointType: "iot:Other" }));
    await expect(other).rejects.toBeInstanceOf(InvalidRequestException);
  });

  it("hears of no events until it asks for them", async () => {
    const before = await at.iot.send(new DescribeEventConfigurationsCommand({}));
    expect(Object.values(before.eventConfigurations ?? {}).map(({ Enabled }) => Enabled)).toEqual(Array.from({ length: 11 }, () => false));
    await at.iot.send(new UpdateEventConfigurationsCommand({ eventConfigurations: { JOB: { Enabled: true } } }));
    const after = await at.iot.send(new DescribeEventConfigurationsCommand({}));
    expect(after).toMatchObject({
      eventConfigurations: { JOB: { Enabled: true }, JOB_EXECUTION: { Enabled: false } },
      creationDate: startDate,
    });
    const wrong = { eventConfigurations: { EVERYTHING: { Enabled: true } } } as object;
    await expect(at.iot.send(new UpdateEventConfigurationsCommand(wrong))).rejects.toBeInstanceOf(InvalidRequestException);
  });

  it("has tags on its jobs and groups, which go with them", async () => {
    const Tag = (Key: string, Value: string) => ({ Key, Value });
    const { thingGroupArn: resourceArn } = await at.iot.send(
      new CreateThingGroupCommand({ thingGroupName: "kitchen", tags: [Tag("town", "Bergen"), Tag("floor", "1")] }),
    );
    const tags = async () => (await at.iot.send(new ListTagsForResourceCommand({ resourceArn }))).tags;
    await at.iot.send(new TagResourceCommand({ resourceArn, tags: [Tag("floor", "2"), Tag("wing", "")] }));
    await at.iot.send(new UntagResourceCommand({ resourceArn, tagKeys: ["town"] }));
    expect(await tags()).toEqual([Tag("floor", "2"), Tag("wing", "")]);
    const { jobArn } = await at.iot.send(
      new CreateJobCommand({ jobId: "j1", targets: [resourceArn ?? ""], document: "{}", tags: [Tag("cost", "none")] }),
    );
    expect((await at.iot.send(new ListTagsForResourceCommand({ resourceArn: jobArn }))).tags).toEqual([Tag("cost", "none")]);
    await at.iot.send(new DeleteThingGroupCommand({ thingGroupName: "kitchen" }));
    await expect(tags()).rejects.toBeInstanceOf(ResourceNotFoundException);
    const thing = at.iot.send(new ListTagsForResourceCommand({ resourceArn: "arn:aws:iot:us-east-1:123456789012:thing/lamp" }));
    await expect(thing).rejects.toBeInstanceOf(InvalidRequestException);
  });
});

describe("a caller", () => {
  it("with another secret is refused, whatever it asks", async () => {
    const { iot } = at.others({ secret: "guessed" });
    const refused = iot.send(new CreateThingCommand({ thingName: "lamp" }));
    await expect(refused).rejects.toBeInstanceOf(IoTServiceException);
    await expect(refused).rejects.toMatchObject({ name: "InvalidSignatureException", $metadata: { httpStatusCode: 403 } });
    await expect(at.iot.send(new DescribeThingCommand({ thingName: "lamp" }))).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it("with another key is refused", async () => {
    const base = {
      region: "eu-west-1",
      endpoint: at.service.urls.https ?? "",
      maxAttempts: 1,
      requestHandler: at.iot.config.requestHandler,
    };
    const stranger = new IoTClient({ ...base, credentials: { ...credentials, accessKeyId: "AKIDOTHER" } });
    await expect(stranger.send(new ListThingsCommand({}))).rejects.toMatchObject({ name: "UnrecognizedClientException" });
  });

  it("without a signature is refused everywhere but at signed URLs and in a service without a secret", async () => {
    const caller = callerOf(at.service);
    for (const [method, path] of [
      ["GET", "/things"],
      ["POST", "/things/lamp"],
      ["GET", "/nothing"],
      ["GET", "/_local/faults"],
    ] as const) {
      const { status, headers } = await caller.call(method, path);
      expect([path, status, headers["x-amzn-errortype"]]).toEqual([path, 403, "MissingAuthenticationTokenException"]);
    }
    expect((await caller.call("PUT", "/objects/app.bin", "image")).status).toBe(403);
    caller.end();
  });
});
