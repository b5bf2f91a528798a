/** Things and thing types, through AWS's own client. */
import {
  CreateThingCommand,
  CreateThingTypeCommand,
  DeleteThingCommand,
  DeleteThingTypeCommand,
  DeprecateThingTypeCommand,
  DescribeThingCommand,
  DescribeThingTypeCommand,
  InvalidRequestException,
  ListThingTypesCommand,
  ListThingsCommand,
  paginateListThings,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateThingCommand,
  UpdateThingTypeCommand,
  VersionConflictException,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { aroundEachTest, startDate } from "./jobs-service/aws-clients";

const at = aroundEachTest();
const lamp = { thingName: "hall:lamp_1" };
const arn = "arn:aws:iot:us-east-1:123456789012:thing/hall:lamp_1";

describe("a thing", () => {
  it("is created once, and again only if nothing differs", async () => {
    const created = await at.iot.send(new CreateThingCommand({ ...lamp, attributePayload: { attributes: { room: "hall", floor: "1" } } }));
    expect(created).toMatchObject({ ...lamp, thingArn: arn, thingId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    const again = await at.iot.send(new CreateThingCommand({ ...lamp, attributePayload: { attributes: { floor: "1", room: "hall" } } }));
    expect(again.thingId).toBe(created.thingId);
    const other = at.iot.send(new CreateThingCommand({ ...lamp, attributePayload: { attributes: { room: "attic" } } }));
    await expect(other).rejects.toBeInstanceOf(ResourceAlreadyExistsException);
    await expect(other).rejects.toMatchObject({ resourceId: lamp.thingName, resourceArn: arn, $metadata: { httpStatusCode: 409 } });
  });

  it("is described with what it was given, and a version that counts its updates", async () => {
    await at.iot.send(new CreateThingCommand({ ...lamp, attributePayload: { attributes: { room: "hall", floor: "1" } } }));
    await at.iot.send(new UpdateThingCommand({ ...lamp, attributePayload: { attributes: { floor: "", wing: "east" }, merge: true } }));
    expect(await at.iot.send(new DescribeThingCommand(lamp))).toMatchObject({
      ...lamp,
      defaultClientId: lamp.thingName,
      thingArn: arn,
      attributes: { room: "hall", wing: "east" },
      version: 2,
    });
    await at.iot.send(new UpdateThingCommand({ ...lamp, attributePayload: { attributes: { size: "3" } }, expectedVersion: 2 }));
    expect(await at.iot.send(new DescribeThingCommand(lamp))).toMatchObject({ attributes: { size: "3" }, version: 3 });
    await expect(at.iot.send(new UpdateThingCommand({ ...lamp, expectedVersion: 2 }))).rejects.toBeInstanceOf(VersionConflictException);
    await expect(at.iot.send(new DeleteThingCommand({ ...lamp, expectedVersion: 2 }))).rejects.toBeInstanceOf(VersionConflictException);
    await at.iot.send(new DeleteThingCommand({ ...lamp, expectedVersion: 3 }));
    await expect(at.iot.send(new DescribeThingCommand(lamp))).rejects.toBeInstanceOf(ResourceNotFoundException);
    await at.iot.send(new DeleteThingCommand(lamp));
  });

  it("that is not there cannot be updated", async () => {
    await expect(at.iot.send(new UpdateThingCommand(lamp))).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it.each([
    ["a name with a space", { thingName: "a b" }, InvalidRequestException],
    ["a type that is not there", { ...lamp, thingTypeName: "ghost" }, ResourceNotFoundException],
    ["a billing group, of which there are none", { ...lamp, billingGroupName: "ghost" }, ResourceNotFoundException],
    ["an attribute with a space", { ...lamp, attributePayload: { attributes: { room: "the hall" } } }, InvalidRequestException],
    [
      "four attributes and no type",
      { ...lamp, attributePayload: { attributes: { a: "1", b: "2", c: "3", d: "4" } } },
      InvalidRequestException,
    ],
  ])("with %s is refused", async (_what, input, refusal) => {
    await expect(at.iot.send(new CreateThingCommand(input))).rejects.toBeInstanceOf(refusal);
  });
});

describe("the list of things", () => {
  it("comes page by page, whole, and by attribute or type", async () => {
    await at.iot.send(new CreateThingTypeCommand({ thingTypeName: "lamp" }));
    for (let n = 0; n < 7; n++) {
      const attributes = { room: n % 2 === 0 ? "hall" : "hallway" };
      await at.iot.send(
        new CreateThingCommand({ thingName: `lamp-${n}`, attributePayload: { attributes }, ...(n === 3 && { thingTypeName: "lamp" }) }),
      );
    }
    const pages: (string | undefined)[][] = [];
    for await (const { things = [] } of paginateListThings({ client: at.iot, pageSize: 3 }, {})) {
      pages.push(things.map(({ thingName }) => thingName));
    }
    expect(pages).toEqual([["lamp-0", "lamp-1", "lamp-2"], ["lamp-3", "lamp-4", "lamp-5"], ["lamp-6"]]);
    const inHall = await at.iot.send(new ListThingsCommand({ attributeName: "room", attributeValue: "hall" }));
    expect(inHall.things?.map(({ thingName }) => thingName)).toEqual(["lamp-0", "lamp-2", "lamp-4", "lamp-6"]);
    const prefix = { attributeName: "room", attributeValue: "hall", usePrefixAttributeValue: true };
    expect((await at.iot.send(new ListThingsCommand(prefix))).things).toHaveLength(7);
    expect((await at.iot.send(new ListThingsCommand({ thingTypeName: "lamp" }))).things).toEqual([
      {
        thingName: "lamp-3",
        thingTypeName: "lamp",
        thingArn: "arn:aws:iot:us-east-1:123456789012:thing/lamp-3",
        attributes: { room: "hallway" },
        version: 1,
      },
    ]);
  });

  it("refuses pages that cannot be, and tokens of another list", async () => {
    for (let n = 0; n < 3; n++) await at.iot.send(new CreateThingCommand({ thingName: `lamp-${n}` }));
    const { nextToken } = await at.iot.send(new ListThingsCommand({ maxResults: 1 }));
    expect(nextToken).not.toMatch(/^\d+$/);
    const wrong = [{ maxResults: 0 }, { maxResults: 251 }, { nextToken: "1" }, { nextToken, thingTypeName: "lamp" }];
    for (const input of wrong) await expect(at.iot.send(new ListThingsCommand(input))).rejects.toBeInstanceOf(InvalidRequestException);
  });
});

describe("a thing type", () => {
  const type = { thingTypeName: "lamp" };

  it("is described, changed, deprecated, and deleted five minutes later", async () => {
    const properties = { thingTypeDescription: "gives light", searchableAttributes: ["room"] };
    const created = await at.iot.send(new CreateThingTypeCommand({ ...type, thingTypeProperties: properties }));
    expect(created.thingTypeArn).toBe("arn:aws:iot:us-east-1:123456789012:thingtype/lamp");
    await at.iot.send(new UpdateThingTypeCommand({ ...type, thingTypeProperties: { thingTypeDescription: "gives much light" } }));
    expect(await at.iot.send(new DescribeThingTypeCommand(type))).toMatchObject({
      ...type,
      thingTypeId: created.thingTypeId,
      thingTypeProperties: { thingTypeDescription: "gives much light", searchableAttributes: ["room"] },
      thingTypeMetadata: { deprecated: false, creationDate: startDate },
    });
    await expect(at.iot.send(new DeleteThingTypeCommand(type))).rejects.toBeInstanceOf(InvalidRequestException);
    await at.iot.send(new DeprecateThingTypeCommand(type));
    expect((await at.iot.send(new ListThingTypesCommand(type))).thingTypes).toMatchObject([
      { thingTypeMetadata: { deprecated: true, deprecationDate: startDate } },
    ]);
    const refused = at.iot.send(new CreateThingCommand({ ...lamp, ...type }));
    await expect(refused).rejects.toBeInstanceOf(InvalidRequestException);
    at.time.advance(5 * 60_000);
    await at.iot.send(new DeleteThingTypeCommand(type));
    await expect(at.iot.send(new DescribeThingTypeCommand(type))).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it("is given to things and taken from them, and stays as long as one has it", async () => {
    await at.iot.send(new CreateThingTypeCommand(type));
    await at.iot.send(new CreateThingCommand({ ...lamp, ...type, attributePayload: { attributes: { a: "1", b: "2", c: "3", d: "4" } } }));
    expect(await at.iot.send(new DescribeThingCommand(lamp))).toMatchObject(type);
    await at.iot.send(new DeprecateThingTypeCommand(type));
    at.time.advance(5 * 60_000);
    await expect(at.iot.send(new DeleteThingTypeCommand(type))).rejects.toBeInstanceOf(InvalidRequestException);
    await at.iot.send(new UpdateThingCommand({ ...lamp, removeThingType: true, attributePayload: { attributes: {} } }));
    expect(await at.iot.send(new DescribeThingCommand(lamp))).not.toHaveProperty("thingTypeName");
    await at.iot.send(new DeprecateThingTypeCommand({ ...type, undoDeprecate: true }));
    await expect(at.iot.send(new DeleteThingTypeCommand(type))).rejects.toBeInstanceOf(InvalidRequestException);
  });
});
