/** The control plane of AWS IoT Jobs over HTTP, in AWS's own paths and JSON. Requests are not authenticated: it listens on loopback. */
import type { Context } from "hono";
import { Hono } from "hono";
import type { JobInput, Rules } from "./rules";
import { ControlRefusal } from "./rules";
import { readTarget } from "./rules/names";
import { readJsonBody } from "./json-body";

/** The query parameters that were given, as text. */
function query<Name extends string>(c: Context, ...names: readonly Name[]): { [name in Name]?: string } {
  const found: { [name in Name]?: string } = {};
  for (const name of names) {
    const value = c.req.query(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function page(c: Context): { maxResults?: number; nextToken?: string } {
  const { maxResults, ...rest } = query(c, "maxResults", "nextToken");
  return maxResults === undefined ? rest : { ...rest, maxResults: Number(maxResults) };
}

function isForced(c: Context): boolean {
  return c.req.query("force") === "true";
}

function executionNumber(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value)) throw new ControlRefusal("InvalidRequestException", "executionNumber must be a whole number");
  return Number(value);
}

/** A name in a body, given as such or in an ARN. */
function named(body: Readonly<Record<string, unknown>>, nameField: string, arnField: string): string {
  const name = body[nameField];
  if (typeof name === "string") return name;
  const arn = body[arnField];
  const target = typeof arn === "string" ? readTarget(arn) : undefined;
  if (target === undefined) throw new ControlRefusal("InvalidRequestException", `${nameField} is missing`);
  return target.name;
}

export function controlApi(rules: Rules, endpoints: (type: string) => string): Hono {
  const app = new Hono();

  app.get("/jobs", (c) => c.json(rules.listJobs({ ...page(c), ...query(c, "status", "targetSelection", "namespaceId") })));
  app.put("/jobs/:jobId", async (c) => {
    const body = await readJsonBody(c);
    return c.json(rules.createJob({ ...body, jobId: c.req.param("jobId") } as unknown as JobInput));
  });
  app.get("/jobs/:jobId", (c) => c.json({ job: rules.describeJob(c.req.param("jobId")) }));
  app.patch("/jobs/:jobId", async (c) => {
    rules.updateJob(c.req.param("jobId"), await readJsonBody(c));
    return c.json({});
  });
  app.delete("/jobs/:jobId", (c) => {
    rules.deleteJob(c.req.param("jobId"), isForced(c));
    return c.json({});
  });
  app.get("/jobs/:jobId/job-document", (c) => c.json({ document: rules.jobDocument(c.req.param("jobId")) }));
  app.put("/jobs/:jobId/cancel", async (c) => {
    const { reasonCode, comment } = await readJsonBody(c);
    const why = { ...(typeof reasonCode === "string" && { reasonCode }), ...(typeof comment === "string" && { comment }) };
    return c.json(rules.cancelJob(c.req.param("jobId"), { force: isForced(c), ...why }));
  });
  app.post("/jobs/:jobId/targets", async (c) => {
    const { targets } = await readJsonBody(c);
    if (!Array.isArray(targets)) throw new ControlRefusal("InvalidRequestException", "targets is missing");
    return c.json(rules.associateTargetsWithJob(c.req.param("jobId"), targets.map(String)));
  });
  app.get("/jobs/:jobId/things", (c) => c.json(rules.executionsForJob(c.req.param("jobId"), { ...page(c), ...query(c, "status") })));

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
  app.get("/endpoint", (c) => c.json({ endpointAddress: endpoints(c.req.query("endpointType") ?? "iot:Data-ATS") }));
  return app;
}
