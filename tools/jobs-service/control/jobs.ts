/** The calls on jobs. */
import { Hono } from "hono";
import type { JobInput, Rules } from "../rules";
import { invalid, text } from "../rules/input-checks";
import { plainTextPattern, reasonCodePattern } from "../rules/names";
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
    const body = await readJsonBody(c);
    const reasonCode = text(body, "reasonCode", 0, 128);
    const comment = text(body, "comment", 0, 2028);
    if (reasonCode !== undefined && !reasonCodePattern.test(reasonCode)) {
      throw invalid(reasonCode, "reasonCode", "Member must satisfy regular expression pattern: [\\p{Upper}\\p{Digit}_]+");
    }
    if (comment !== undefined && !plainTextPattern.test(comment)) {
      throw invalid(comment, "comment", "Member must satisfy regular expression pattern: [^\\p{C}]+");
    }
    const why = { ...(reasonCode !== undefined && { reasonCode }), ...(comment !== undefined && { comment }) };
    return c.json(rules.cancelJob(c.req.param("jobId"), { force: isForced(c), ...why }));
  });
  app.post("/jobs/:jobId/targets", async (c) => {
    const { targets } = await readJsonBody(c);
    if (!Array.isArray(targets) || targets.length === 0) throw invalid(targets, "targets", "Member must have at least one item");
    const arns = targets.map((arn: unknown) => {
      if (typeof arn !== "string") throw invalid(arn, "targets", "Member must be the ARN of a thing group");
      return arn;
    });
    return c.json(rules.associateTargetsWithJob(c.req.param("jobId"), arns));
  });
  return app;
}
