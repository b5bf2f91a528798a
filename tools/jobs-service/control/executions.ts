/** The calls on job executions, by job and by thing. */
import { Hono } from "hono";
import type { Rules } from "../rules";
import { ControlRefusal } from "../rules";
import { isForced, page, query, readJsonBody } from "./request";

function executionNumber(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value)) throw new ControlRefusal("InvalidRequestException", "executionNumber must be a whole number");
  return Number(value);
}

export function executionsApi(rules: Rules): Hono {
  const app = new Hono();
  app.get("/jobs/:jobId/things", (c) => c.json(rules.executionsForJob(c.req.param("jobId"), { ...page(c), ...query(c, "status") })));
  app.get("/things/:thing/jobs", (c) =>
    c.json(rules.executionsForThing(c.req.param("thing"), { ...page(c), ...query(c, "status", "jobId", "namespaceId") })),
  );
  app.get("/things/:thing/jobs/:jobId", (c) => {
    const { thing, jobId } = c.req.param();
    return c.json({ execution: rules.describeExecution(thing, jobId, executionNumber(c.req.query("executionNumber"))) });
  });
  app.put("/things/:thing/jobs/:jobId/cancel", async (c) => {
    const { thing, jobId } = c.req.param();
    const { expectedVersion, statusDetails } = await readJsonBody(c);
    rules.cancelExecution(thing, jobId, {
      force: isForced(c),
      ...(typeof expectedVersion === "number" && { expectedVersion }),
      ...(statusDetails !== undefined && { statusDetails: statusDetails as Record<string, string> }),
    });
    return c.json({});
  });
  app.delete("/things/:thing/jobs/:jobId/executionNumber/:number", (c) => {
    const { thing, jobId, number } = c.req.param();
    rules.deleteExecution(thing, jobId, executionNumber(number), isForced(c));
    return c.json({});
  });
  return app;
}
