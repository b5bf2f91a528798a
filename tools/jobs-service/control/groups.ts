/** The calls on thing groups. */
import { Hono } from "hono";
import type { Rules } from "../rules";
import { named, readJsonBody } from "./request";

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
  app.post("/thing-groups/:group", (c) => c.json(rules.createThingGroup(c.req.param("group"))));
  app.delete("/thing-groups/:group", (c) => {
    rules.deleteThingGroup(c.req.param("group"));
    return c.json({});
  });
  return app;
}
