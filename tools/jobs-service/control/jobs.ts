/** The calls on jobs. */
import { Hono } from "hono";
import type { JobInput, Rules } from "../rules";
import { flag, isForced, page, query, readJsonBody } from "./request";

export function jobsApi(rules: Rules): Hono {
  const app = new Hono();
  app.get("/jobs", (c) =>
    c.json(rules.listJobs({ ...page(c), ...query(c, "status", "targetSelection", "thingGroupName", "thingGroupId", "namespaceId") })),
  );
  app.put("/jobs/:jobId", async (c) => {
    const body = await readJsonBody(c);
    return c.json(rules.createJob({ ...body, jobId: c.req.param("jobId") } as unknown as JobInput));
  });
  app.get("/jobs/:jobId", (c) => {
    // The package catalogue, to whose placeholders this pertains, is not served: there is nothing that a document would differ by.
    flag(c, "beforeSubstitution");
    const { jobId } = c.req.param();
    return c.json({ documentSource: rules.jobDocumentSource(jobId), job: rules.describeJob(jobId) });
  });
  app.patch("/jobs/:jobId", async (c) => {
    rules.updateJob(c.req.param("jobId"), await readJsonBody(c));
    return c.json({});
  });
  app.delete("/jobs/:jobId", (c) => {
    rules.deleteJob(c.req.param("jobId"), isForced(c));
    return c.json({});
  });
  app.get("/jobs/:jobId/job-document", (c) => {
    flag(c, "beforeSubstitution");
    return c.json({ document: rules.jobDocument(c.req.param("jobId")) });
  });
  app.put("/jobs/:jobId/cancel", async (c) => {
    const { reasonCode, comment } = await readJsonBody(c);
    return c.json(rules.cancelJob(c.req.param("jobId"), { force: isForced(c), reasonCode, comment }));
  });
  app.post("/jobs/:jobId/targets", async (c) => {
    const { targets } = await readJsonBody(c);
    return c.json(rules.associateTargetsWithJob(c.req.param("jobId"), targets));
  });
  return app;
}
