/** The calls on job templates, one's own and AWS's. */
import { Hono } from "hono";
import type { Rules } from "../rules";
import { page, query, readJsonBody } from "./request";

export function templatesApi(rules: Rules): Hono {
  const app = new Hono();
  app.get("/job-templates", (c) => c.json(rules.templates.list(page(c))));
  app.put("/job-templates/:id", async (c) => c.json(rules.templates.create(c.req.param("id"), await readJsonBody(c))));
  app.get("/job-templates/:id", (c) => c.json(rules.templates.describe(c.req.param("id"))));
  app.delete("/job-templates/:id", (c) => {
    rules.templates.delete(c.req.param("id"));
    return c.json({});
  });
  app.get("/managed-job-templates", (c) => c.json(rules.templates.listManaged({ ...page(c), ...query(c, "templateName") })));
  app.get("/managed-job-templates/:name", (c) =>
    c.json(rules.templates.describeManaged(c.req.param("name"), c.req.query("templateVersion"))),
  );
  return app;
}
