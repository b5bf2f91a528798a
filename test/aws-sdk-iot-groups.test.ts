/** Thing groups and what joining and leaving them means for jobs, through AWS's own client. */
import {
  AddThingToThingGroupCommand,
  CreateJobCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DeleteThingGroupCommand,
  DescribeJobExecutionCommand,
  DescribeThingGroupCommand,
  InvalidRequestException,
  ListThingGroupsCommand,
  ListThingGroupsForThingCommand,
  ListThingsInThingGroupCommand,
  paginateListThingGroups,
  paginateListThingsInThingGroup,
  RemoveThingFromThingGroupCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateThingGroupCommand,
  UpdateThingGroupsForThingCommand,
  VersionConflictException,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { aroundEachTest, startDate } from "./jobs-service/aws-clients";

const at = aroundEachTest();
const house = { thingGroupName: "house" };
const houseArn = "arn:aws:iot:us-east-1:123456789012:thinggroup/house";

async function groups(...names: readonly (readonly [name: string, parent?: string])[]): Promise<void> {
  for (const [thingGroupName, parentGroupName] of names) {
    await at.iot.send(new CreateThingGroupCommand({ thingGroupName, ...(parentGroupName !== undefined && { parentGroupName }) }));
  }
}

async function things(...names: readonly string[]): Promise<void> {
  for (const thingName of names) await at.iot.send(new CreateThingCommand({ thingName }));
}

const join = (thingGroupName: string, thingName: string) => at.iot.send(new AddThingToThingGroupCommand({ thingGroupName, thingName }));
const namesOf = (list: { groupName?: string | undefined }[] = []): (string | undefined)[] => list.map(({ groupName }) => groupName);

describe("a thing group", () => {
  const properties = { thingGroupDescription: "all of it", attributePayload: { attributes: { town: "Bergen" } } };

  it("is described with its properties, changed by version, and deleted", async () => {
    const created = await at.iot.send(new CreateThingGroupCommand({ ...house, thingGroupProperties: properties }));
    expect(created).toMatchObject({ ...house, thingGroupArn: houseArn });
    expect(await at.iot.send(new DescribeThingGroupCommand(house))).toMatchObject({
      ...house,
      thingGroupId: created.thingGroupId,
      version: 1,
      thingGroupProperties: properties,
      thingGroupMetadata: { creationDate: startDate },
    });
    const changed = { ...house, thingGroupProperties: { attributePayload: { attributes: { zip: "5003" }, merge: true } } };
    expect((await at.iot.send(new UpdateThingGroupCommand({ ...changed, expectedVersion: 1 }))).version).toBe(2);
    await expect(at.iot.send(new UpdateThingGroupCommand({ ...changed, expectedVersion: 1 }))).rejects.toBeInstanceOf(
      VersionConflictException,
    );
    expect((await at.iot.send(new DescribeThingGroupCommand(house))).thingGroupProperties).toEqual({
      thingGroupDescription: "all of it",
      attributePayload: { attributes: { town: "Bergen", zip: "5003" } },
    });
    await expect(at.iot.send(new DeleteThingGroupCommand({ ...house, expectedVersion: 1 }))).rejects.toBeInstanceOf(
      VersionConflictException,
    );
    await at.iot.send(new DeleteThingGroupCommand({ ...house, expectedVersion: 2 }));
    await expect(at.iot.send(new DescribeThingGroupCommand(house))).rejects.toBeInstanceOf(ResourceNotFoundException);
    await at.iot.send(new DeleteThingGroupCommand(house));
  });

  it("is created once, and again only if nothing differs", async () => {
    await at.iot.send(new CreateThingGroupCommand({ ...house, thingGroupProperties: properties }));
    await at.iot.send(new CreateThingGroupCommand({ ...house, thingGroupProperties: properties }));
    await expect(at.iot.send(new CreateThingGroupCommand(house))).rejects.toBeInstanceOf(ResourceAlreadyExistsException);
    await expect(at.iot.send(new CreateThingGroupCommand({ thingGroupName: "flat", parentGroupName: "ghost" }))).rejects.toBeInstanceOf(
      ResourceNotFoundException,
    );
    await expect(at.iot.send(new CreateThingGroupCommand({ thingGroupName: "a.b" }))).rejects.toBeInstanceOf(InvalidRequestException);
  });

  it("knows the groups above and below, seven deep at most", async () => {
    await groups(["house"], ["floor-1", "house"], ["floor-2", "house"], ["hall", "floor-1"], ["garden"]);
    expect((await at.iot.send(new DescribeThingGroupCommand({ thingGroupName: "hall" }))).thingGroupMetadata).toMatchObject({
      parentGroupName: "floor-1",
      rootToParentThingGroups: [{ groupName: "house", groupArn: houseArn }, { groupName: "floor-1" }],
    });
    const list = async (input: object): Promise<unknown> => namesOf((await at.iot.send(new ListThingGroupsCommand(input))).thingGroups);
    expect(await list({})).toEqual(["house", "floor-1", "floor-2", "hall", "garden"]);
    expect(await list({ recursive: false })).toEqual(["house", "garden"]);
    expect(await list({ parentGroup: "house", recursive: false })).toEqual(["floor-1", "floor-2"]);
    expect(await list({ parentGroup: "house", recursive: true })).toEqual(["floor-1", "hall", "floor-2"]);
    expect(await list({ namePrefixFilter: "floor" })).toEqual(["floor-1", "floor-2"]);
    const pages: unknown[] = [];
    for await (const { thingGroups } of paginateListThingGroups({ client: at.iot, pageSize: 2 }, {})) pages.push(namesOf(thingGroups));
    expect(pages).toEqual([["house", "floor-1"], ["floor-2", "hall"], ["garden"]]);
    await expect(at.iot.send(new DeleteThingGroupCommand(house))).rejects.toBeInstanceOf(InvalidRequestException);
    await groups(["3", "hall"], ["4", "3"], ["5", "4"], ["6", "5"]);
    await expect(groups(["7", "6"])).rejects.toBeInstanceOf(InvalidRequestException);
  });
});

describe("a thing", () => {
  it("joins and leaves groups, one of a hierarchy and ten in all", async () => {
    await groups(["house"], ["floor", "house"], ["garden"]);
    await things("lamp-1", "lamp-2");
    await join("floor", "lamp-1");
    await join("floor", "lamp-1");
    await at.iot.send(new AddThingToThingGroupCommand({ thingGroupArn: houseArn, thingArn: "arn:aws:iot:eu-west-1:1:thing/lamp-2" }));
    await expect(join("house", "lamp-1")).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(join("ghost", "lamp-1")).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(join("garden", "ghost")).rejects.toBeInstanceOf(ResourceNotFoundException);
    await join("garden", "lamp-1");
    const ofLamp = await at.iot.send(new ListThingGroupsForThingCommand({ thingName: "lamp-1" }));
    expect(namesOf(ofLamp.thingGroups)).toEqual(["floor", "garden"]);
    const below = await at.iot.send(new ListThingsInThingGroupCommand({ ...house, recursive: true }));
    expect(below.things).toEqual(["lamp-2", "lamp-1"]);
    expect((await at.iot.send(new ListThingsInThingGroupCommand(house))).things).toEqual(["lamp-2"]);
    const change = { thingName: "lamp-1", thingGroupsToAdd: ["house"], thingGroupsToRemove: ["floor", "garden"] };
    await at.iot.send(new UpdateThingGroupsForThingCommand(change));
    const pages: unknown[] = [];
    for await (const page of paginateListThingsInThingGroup({ client: at.iot, pageSize: 1 }, house)) pages.push(page.things);
    expect(pages).toEqual([["lamp-2"], ["lamp-1"]]);
    await at.iot.send(new RemoveThingFromThingGroupCommand({ ...house, thingName: "lamp-1" }));
    expect((await at.iot.send(new ListThingGroupsForThingCommand({ thingName: "lamp-1" }))).thingGroups).toEqual([]);
    const eleven = Array.from({ length: 11 }, (_, n) => `group-${n}`);
    await groups(...eleven.map((name) => [name] as const));
    for (const name of eleven.slice(0, 10)) await join(name, "lamp-1");
    await expect(join("group-10", "lamp-1")).rejects.toBeInstanceOf(InvalidRequestException);
  });

  it("gets the CONTINUOUS jobs of its group and of those above, and loses them when it leaves", async () => {
    await groups(["house"], ["floor", "house"]);
    await things("lamp-1", "lamp-2");
    await join("floor", "lamp-1");
    await at.iot.send(new CreateJobCommand({ jobId: "j1", targets: [houseArn], targetSelection: "CONTINUOUS", document: "{}" }));
    const status = async (thingName: string): Promise<unknown> =>
      (await at.iot.send(new DescribeJobExecutionCommand({ jobId: "j1", thingName }))).execution?.status;
    expect(await status("lamp-1")).toBe("QUEUED");
    await expect(status("lamp-2")).rejects.toBeInstanceOf(ResourceNotFoundException);
    await join("floor", "lamp-2");
    expect(await status("lamp-2")).toBe("QUEUED");
    await at.iot.send(new RemoveThingFromThingGroupCommand({ thingGroupName: "floor", thingName: "lamp-1" }));
    expect(await status("lamp-1")).toBe("REMOVED");
    await join("house", "lamp-1");
    expect(await status("lamp-1")).toBe("QUEUED");
  });
});
