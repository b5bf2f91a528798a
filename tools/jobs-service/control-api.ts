/** The control plane of AWS IoT Jobs over HTTP, in AWS's own paths and JSON: one file for each resource. */
import { Hono } from "hono";
import { accountApi, type EndpointType } from "./control/account";
import { executionsApi } from "./control/executions";
import { groupsApi } from "./control/groups";
import { identitiesApi, type Issuing } from "./control/identities";
import { jobsApi } from "./control/jobs";
import { policiesApi } from "./control/policies";
import { templatesApi } from "./control/templates";
import { thingsApi } from "./control/things";
import type { Rules } from "./rules";

export function controlApi(rules: Rules, endpoints: (type: EndpointType) => string, issuing: Issuing): Hono {
  const app = new Hono();
  app.route("/", jobsApi(rules));
  app.route("/", executionsApi(rules));
  app.route("/", thingsApi(rules));
  app.route("/", groupsApi(rules));
  app.route("/", identitiesApi(rules, issuing));
  app.route("/", policiesApi(rules));
  app.route("/", templatesApi(rules));
  app.route("/", accountApi(rules, endpoints));
  return app;
}
