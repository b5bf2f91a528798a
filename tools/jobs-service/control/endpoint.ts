/** DescribeEndpoint. */
import { Hono } from "hono";

export function endpointApi(endpoints: (type: string) => string): Hono {
  const app = new Hono();
  app.get("/endpoint", (c) => c.json({ endpointAddress: endpoints(c.req.query("endpointType") ?? "iot:Data-ATS") }));
  return app;
}
