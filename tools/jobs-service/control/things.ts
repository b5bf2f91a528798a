/** The calls on things and thing types. */
import { Hono } from "hono";
import type { Rules } from "../rules";
import { flags, page, query, readJsonBody, whole } from "./request";

export function thingsApi(rules: Rules): Hono {
  const app = new Hono();
  app.get("/things", (c) =>
    c.json(
      rules.things.list({
        ...page(c),
        ...query(c, "attributeName", "attributeValue", "thingTypeName"),
        ...flags(c, "usePrefixAttributeValue"),
      }),
    ),
  );
  app.post("/things/:thing", async (c) => c.json(rules.things.create(c.req.param("thing"), await readJsonBody(c))));
  app.get("/things/:thing", (c) => c.json(rules.things.describe(c.req.param("thing"))));
  app.patch("/things/:thing", async (c) => {
    rules.things.update(c.req.param("thing"), await readJsonBody(c));
    return c.json({});
  });
  app.delete("/things/:thing", (c) => {
    rules.things.delete(c.req.param("thing"), whole(c, "expectedVersion"));
    return c.json({});
  });
  app.get("/things/:thing/thing-groups", (c) => c.json(rules.groups.ofThing(c.req.param("thing"), page(c))));

  app.get("/thing-types", (c) => c.json(rules.thingTypes.list({ ...page(c), ...query(c, "thingTypeName") })));
  app.post("/thing-types/:type", async (c) => c.json(rules.thingTypes.create(c.req.param("type"), await readJsonBody(c))));
  app.get("/thing-types/:type", (c) => c.json(rules.thingTypes.describe(c.req.param("type"))));
  app.patch("/thing-types/:type", async (c) => {
    rules.thingTypes.update(c.req.param("type"), await readJsonBody(c));
    return c.json({});
  });
  app.post("/thing-types/:type/deprecate", async (c) => {
    const { undoDeprecate } = await readJsonBody(c);
    rules.thingTypes.deprecate(c.req.param("type"), undoDeprecate === true);
    return c.json({});
  });
  app.delete("/thing-types/:type", (c) => {
    rules.thingTypes.delete(c.req.param("type"));
    return c.json({});
  });
  return app;
}
