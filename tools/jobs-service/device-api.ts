/** The Jobs data plane over HTTP: what a device does over MQTT, minus notifications. Documents travel as text here. */
import type { Context, MiddlewareHandler } from "hono";
import { Hono } from "hono";
import type { TimeSource } from "../time";
import { isForDevices } from "./authentication";
import { clientCertificate } from "./client-certificate";
import { withFaults } from "./http-faults";
import { readJsonBody } from "./json-body";
import type { Rules } from "./rules";
import { DeviceRefusal } from "./rules";
import type { DeviceErrorCode } from "./rules/refusals";
import type { Call } from "./rules/topics";

/** The exceptions of the data plane with their HTTP status (API model); VersionMismatch has none of its own. */
const exceptions: Readonly<Record<DeviceErrorCode, readonly [string, 400 | 404 | 409 | 410 | 429 | 503]>> = {
  InvalidTopic: ["InvalidRequestException", 400],
  InvalidJson: ["InvalidRequestException", 400],
  InvalidRequest: ["InvalidRequestException", 400],
  InvalidStateTransition: ["InvalidStateTransitionException", 409],
  VersionMismatch: ["InvalidStateTransitionException", 409],
  ResourceNotFound: ["ResourceNotFoundException", 404],
  TerminalStateReached: ["TerminalStateException", 410],
  RequestThrottled: ["ThrottlingException", 429],
  InternalError: ["ServiceUnavailableException", 503],
};

export function deviceRefusal(c: Context, { code, message, executionState }: DeviceRefusal): Response {
  const [name, status] = exceptions[code];
  return c.json({ message, ...(executionState !== undefined && { executionState }) }, status, { "x-amzn-errortype": name });
}

/** A flag of a query; other text is left for the rules to refuse. */
function flag(text: string): boolean | string {
  return text === "true" ? true : text === "false" ? false : text;
}

/** What no policy of the client's certificate allows. */
function forbidden(c: Context): Response {
  return c.json({ message: "Forbidden" }, 403, { "x-amzn-errortype": "ForbiddenException" });
}

function withTextDocument(result: object, thingName: string): object {
  const { execution, jobDocument, ...rest } = result as { execution?: { jobDocument?: unknown }; jobDocument?: unknown };
  const text = (document: unknown): object => (document === undefined ? {} : { jobDocument: JSON.stringify(document) });
  return {
    ...rest,
    ...text(jobDocument),
    ...(execution !== undefined && { execution: { ...execution, thingName, ...text(execution.jobDocument) } }),
  };
}

const operations = {
  "get-pending": "GetPendingJobExecutions",
  "start-next": "StartNextPendingJobExecution",
  describe: "DescribeJobExecution",
  update: "UpdateJobExecution",
  unknown: "",
};

/** The actions and the resource of the guide's "Basic job policy example"; earlier editions have the prefix `iot:`, and IAM `thing/`. */
function questionOf({ operation }: Call, thing: string) {
  const action = operations[operation];
  return { actions: [`iotjobsdata:${action}`, `iot:${action}`], resources: [`topic/$aws/things/${thing}`, `thing/${thing}`] };
}

/** With `policies` those of a client's certificate are enforced. */
export function deviceApi(rules: Rules, policies: boolean, time: TimeSource): Hono {
  const app = new Hono();
  const perform = (c: Context, call: Call, body: Readonly<Record<string, unknown>>): Response | Promise<Response> => {
    const thing = c.req.param("thing") ?? "";
    const certificateId = clientCertificate(c);
    if (policies && certificateId !== undefined && !rules.identities.mayDo({ certificateId }, questionOf(call, thing))) return forbidden(c);
    return withFaults(c, rules, time, { thingName: thing, call }, () => c.json(withTextDocument(rules.perform(thing, call, body), thing)));
  };
  const devicesOnly =
    (handler: (c: Context) => Response | Promise<Response>): MiddlewareHandler =>
    async (c, next) => {
      if (isForDevices(c)) return handler(c);
      return next();
    };
  const jobIdOf = (c: Context): string => c.req.param("jobId") ?? "";

  app.get(
    "/things/:thing/jobs",
    devicesOnly((c) => perform(c, { operation: "get-pending" }, {})),
  );
  app.get(
    "/things/:thing/jobs/:jobId",
    devicesOnly((c) => {
      const { includeJobDocument, executionNumber } = c.req.query();
      const body = {
        ...(includeJobDocument !== undefined && { includeJobDocument: flag(includeJobDocument) }),
        ...(executionNumber !== undefined && {
          executionNumber: /^\d{1,15}$/.test(executionNumber) ? Number(executionNumber) : executionNumber,
        }),
      };
      return perform(c, { operation: "describe", jobId: jobIdOf(c), namespace: "" }, body);
    }),
  );
  app.put(
    "/things/:thing/jobs/:jobId",
    devicesOnly(async (c) => {
      if (jobIdOf(c) !== "$next") throw new DeviceRefusal("InvalidRequest", "Only $next can be started");
      return perform(c, { operation: "start-next" }, await readJsonBody(c));
    }),
  );
  app.post(
    "/things/:thing/jobs/:jobId",
    devicesOnly(async (c) => perform(c, { operation: "update", jobId: jobIdOf(c), namespace: "" }, await readJsonBody(c))),
  );
  return app;
}
