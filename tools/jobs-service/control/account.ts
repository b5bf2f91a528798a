/** The calls on what belongs to the account as a whole: its endpoints, which events it wants, its tags. */
import { Hono } from "hono";
import type { Rules } from "../rules";
import { oneOf } from "../rules/input-checks";
import { query, readJsonBody } from "./request";

/** The types that AWS knows (developer guide, DescribeEndpoint). */
const endpointTypes = ["iot:Data", "iot:Data-ATS", "iot:Data-Beta", "iot:CredentialProvider", "iot:Jobs", "iot:DeviceAdvisor"] as const;
export type EndpointType = (typeof endpointTypes)[number];

export function accountApi(rules: Rules, endpoints: (type: EndpointType) => string): Hono {
  const app = new Hono();
  app.get("/endpoint", (c) => {
    const type = oneOf(c.req.query("endpointType") ?? "iot:Data", "endpointType", endpointTypes);
    return c.json({ endpointAddress: endpoints(type) });
  });
  app.get("/event-configurations", (c) => c.json(rules.events.describe()));
  app.patch("/event-configurations", async (c) => {
    rules.events.update(await readJsonBody(c));
    return c.json({});
  });
  app.get("/tags", (c) => {
    const { resourceArn, nextToken } = query(c, "resourceArn", "nextToken");
    return c.json(rules.tags.list(resourceArn, nextToken));
  });
  app.post("/tags", async (c) => {
    rules.tags.tag(await readJsonBody(c));
    return c.json({});
  });
  app.post("/untag", async (c) => {
    rules.tags.untag(await readJsonBody(c));
    return c.json({});
  });
  return app;
}
