/** The calls on policies and their targets. */
import { Hono, type Context } from "hono";
import type { Rules } from "../rules";
import { ControlRefusal } from "../rules";
import { principal } from "./identities";
import { marked } from "./marker";
import { flag, readJsonBody } from "./request";

async function target(c: Context): Promise<string> {
  const given = (await readJsonBody(c))["target"];
  if (typeof given !== "string") throw new ControlRefusal("InvalidRequestException", "target is missing");
  return given;
}

export function policiesApi({ identities }: Rules): Hono {
  const app = new Hono();
  app.post("/policies/:policy", async (c) => {
    const { policyDocument } = await readJsonBody(c);
    const {
      policyName,
      policyArn,
      policyDocument: text,
      defaultVersionId,
    } = identities.createPolicy(c.req.param("policy"), policyDocument);
    return c.json({ policyName, policyArn, policyDocument: text, policyVersionId: defaultVersionId });
  });
  app.get("/policies", (c) => c.json(marked(c, "policies", identities.listPolicies())));
  app.get("/policies/:policy", (c) => c.json(identities.getPolicy(c.req.param("policy"))));
  app.delete("/policies/:policy", (c) => {
    identities.deletePolicy(c.req.param("policy"));
    return c.json({});
  });
  app.post("/policies/:policy/version", async (c) => {
    const { policyDocument } = await readJsonBody(c);
    const version = identities.createPolicyVersion(c.req.param("policy"), policyDocument, c.req.query("setAsDefault") === "true");
    const { policyArn, policyDocument: text, policyVersionId, isDefaultVersion } = version;
    return c.json({ policyArn, policyDocument: text, policyVersionId, isDefaultVersion });
  });
  app.get("/policies/:policy/version", (c) => c.json({ policyVersions: identities.listPolicyVersions(c.req.param("policy")) }));
  app.get("/policies/:policy/version/:version", (c) => {
    const { policy, version } = c.req.param();
    return c.json(identities.getPolicyVersion(policy, version));
  });
  app.patch("/policies/:policy/version/:version", (c) => {
    const { policy, version } = c.req.param();
    identities.setDefaultPolicyVersion(policy, version);
    return c.json({});
  });
  app.delete("/policies/:policy/version/:version", (c) => {
    const { policy, version } = c.req.param();
    identities.deletePolicyVersion(policy, version);
    return c.json({});
  });

  app.put("/target-policies/:policy", async (c) => {
    identities.attachPolicy(c.req.param("policy"), await target(c));
    return c.json({});
  });
  app.post("/target-policies/:policy", async (c) => {
    identities.detachPolicy(c.req.param("policy"), await target(c));
    return c.json({});
  });
  // The ARN has slashes, which some clients escape and some do not.
  app.post("/attached-policies/:target{.+}", (c) => {
    const policies = identities.listAttachedPolicies(c.req.param("target"), flag(c, "recursive"));
    return c.json(marked(c, "policies", policies));
  });
  app.post("/policy-targets/:policy", (c) => c.json(marked(c, "targets", identities.listTargetsForPolicy(c.req.param("policy")))));

  // Deprecated twins of the above, which older clients still call.
  app.put("/principal-policies/:policy", (c) => {
    identities.attachPolicy(c.req.param("policy"), principal(c));
    return c.json({});
  });
  app.delete("/principal-policies/:policy", (c) => {
    identities.detachPolicy(c.req.param("policy"), principal(c));
    return c.json({});
  });
  app.get("/principal-policies", (c) => c.json(marked(c, "policies", identities.listAttachedPolicies(principal(c)))));
  app.get("/policy-principals", (c) => {
    const policyName = c.req.header("x-amzn-iot-policy") ?? "";
    return c.json(marked(c, "principals", identities.listTargetsForPolicy(policyName)));
  });
  return app;
}
