/** The calls on things. */
import { Hono } from "hono";
import type { Rules } from "../rules";
import { page, readJsonBody } from "./request";

export function thingsApi(rules: Rules): Hono {
  const app = new Hono();
  app.get("/things", (c) => c.json(rules.listThings(page(c))));
  app.post("/things/:thing", async (c) => {
    const { attributePayload } = await readJsonBody(c);
    const attributes = (attributePayload as { attributes?: Record<string, string> } | undefined)?.attributes;
    const { thingName, thingArn, thingId } = rules.createThing(c.req.param("thing"), attributes);
    return c.json({ thingName, thingArn, thingId });
  });
  app.get("/things/:thing", (c) => c.json(rules.describeThing(c.req.param("thing"))));
  app.delete("/things/:thing", (c) => {
    rules.deleteThing(c.req.param("thing"));
    return c.json({});
  });
  return app;
}
