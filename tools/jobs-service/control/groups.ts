/** The calls on thing groups. */
import { Hono } from "hono";
import type { Rules } from "../rules";
import { flags, named, page, query, readJsonBody, whole } from "./request";

export function groupsApi(rules: Rules): Hono {
  const app = new Hono();
  app.put("/thing-groups/addThingToThingGroup", async (c) => {
    const body = await readJsonBody(c);
    rules.addThingToThingGroup(named(body, "thingGroupName", "thingGroupArn"), named(body, "thingName", "thingArn"));
    return c.json({});
  });
  app.put("/thing-groups/removeThingFromThingGroup", async (c) => {
    const body = await readJsonBody(c);
    rules.removeThingFromThingGroup(named(body, "thingGroupName", "thingGroupArn"), named(body, "thingName", "thingArn"));
    return c.json({});
  });
  app.put("/thing-groups/updateThingGroupsForThing", async (c) => {
    rules.groups.updateForThing(await readJsonBody(c));
    return c.json({});
  });
  app.get("/thing-groups", (c) =>
    c.json(rules.groups.list({ ...page(c), ...query(c, "parentGroup", "namePrefixFilter"), ...flags(c, "recursive") })),
  );
  app.post("/thing-groups/:group", async (c) => c.json(rules.groups.create(c.req.param("group"), await readJsonBody(c))));
  app.get("/thing-groups/:group", (c) => c.json(rules.groups.describe(c.req.param("group"))));
  app.patch("/thing-groups/:group", async (c) => c.json(rules.groups.update(c.req.param("group"), await readJsonBody(c))));
  app.delete("/thing-groups/:group", (c) => {
    rules.groups.delete(c.req.param("group"), whole(c, "expectedVersion"));
    return c.json({});
  });
  app.get("/thing-groups/:group/things", (c) =>
    c.json(rules.groups.things(c.req.param("group"), { ...page(c), ...flags(c, "recursive") })),
  );
  return app;
}
