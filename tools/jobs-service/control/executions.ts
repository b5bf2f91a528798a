/** The calls on job executions, by job and by thing. */
import { Hono } from "hono";
import type { Rules } from "../rules";
import { isForced, page, query, readJsonBody, whole, wholeNumber } from "./request";

export function executionsApi(rules: Rules): Hono {
  const app = new Hono();
  app.get("/jobs/:jobId/things", (c) => c.json(rules.executionsForJob(c.req.param("jobId"), { ...page(c), ...query(c, "status") })));
  app.get("/things/:thing/jobs", (c) =>
    c.json(rules.executionsForThing(c.req.param("thing"), { ...page(c), ...query(c, "status", "jobId", "namespaceId") })),
  );
  app.get("/things/:thing/jobs/:jobId", (c) => {
    const { thing, jobId } = c.req.param();
    return c.json({ execution: rules.describeExecution(thing, jobId, whole(c, "executionNumber")) });
  });
  app.put("/things/:thing/jobs/:jobId/cancel", async (c) => {
    const { thing, jobId } = c.req.param();
    const { expectedVersion, statusDetails } = await readJsonBody(c);
    rules.cancelExecution(thing, jobId, { force: isForced(c), expectedVersion, statusDetails });
    return c.json({});
  });
  app.delete("/things/:thing/jobs/:jobId/executionNumber/:number", (c) => {
    const { thing, jobId, number } = c.req.param();
    rules.deleteExecution(thing, jobId, wholeNumber(number, "executionNumber"), isForced(c));
    return c.json({});
  });
  return app;
}
