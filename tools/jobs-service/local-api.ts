/** What is ours and not AWS's, over HTTP: faults on request, and the clock. Paths under `/_local/`, which no operation of AWS has. */
import { Hono } from "hono";
import { readJsonBody } from "./json-body";
import type { Rules } from "./rules";

export function localApi(rules: Rules): Hono {
  const app = new Hono();
  app.get("/_local/faults", (c) => c.json({ faults: rules.faults.list() }));
  app.post("/_local/faults", async (c) => c.json(rules.faults.add(await readJsonBody(c)), 201));
  app.delete("/_local/faults", (c) => {
    rules.faults.clear();
    return c.json({});
  });
  app.delete("/_local/faults/:id", (c) => {
    rules.faults.remove(c.req.param("id"));
    return c.json({});
  });
  app.get("/_local/clock", (c) => c.json(clockView(rules)));
  app.post("/_local/clock", async (c) => {
    const { advanceMs } = await readJsonBody(c);
    rules.clock.advance(typeof advanceMs === "number" ? advanceMs : NaN);
    return c.json(clockView(rules));
  });
  return app;
}

/** Epoch seconds, as everywhere towards devices. */
function clockView({ clock }: Rules): { now: number } {
  return { now: Math.floor(clock.now() / 1000) };
}
