/** The table of operations against the models in AWS's own clients: none is missing, what is served is there, and nothing else is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as controlClient from "@aws-sdk/client-iot";
import * as dataClient from "@aws-sdk/client-iot-jobs-data-plane";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../tools/bundle/targets";
import { startJobsService, type JobsService } from "../tools/jobs-service";
import { otherDeviceOperations, otherOperations, servedDeviceOperations, servedOperations } from "../tools/jobs-service/operations";
import { callerOf, type Answer, type Caller } from "./jobs-service/https-caller";

interface Request {
  readonly method: string;
  readonly path: string;
}

/** The operations of a client, and those of them whose schema is there: their method and path, a name for each label. */
function operationsOf(client: object): Map<string, Request | undefined> {
  const names = Object.keys(client).flatMap((name) => (/^([A-Z]\w+)Command$/.exec(name) ?? []).slice(1));
  return new Map(
    names.map((name) => {
      const schema = (client as Record<string, unknown>)[`${name}$`] as [unknown, unknown, unknown, { http: [string, string] }] | undefined;
      if (schema === undefined) return [name, undefined];
      const [method, path] = schema[3].http;
      return [name, { method, path: path.replace(/\{[^}]+\}/g, "1") }];
    }),
  );
}

const control = operationsOf(controlClient);
const served = servedOperations.map(({ operation }) => operation);
const others = Object.values(otherOperations).flat();

let service: JobsService;
let caller: Caller;
const failures: string[] = [];
const call = (name: string): Promise<Answer> => {
  const { method, path } = control.get(name) ?? { method: "", path: "" };
  const scope = { authorization: "AWS4-HMAC-SHA256 Credential=A/20231114/us-east-1/iot/aws4_request, SignedHeaders=host, Signature=0" };
  return caller.call(method, path, method === "GET" || method === "DELETE" ? undefined : "{}", scope);
};

beforeAll(async () => {
  service = await startJobsService({ ports: { mqtt: false, mqtts: false }, log: (line) => failures.push(line) });
  caller = callerOf(service);
});

afterAll(async () => {
  caller.end();
  await service.stop();
});

describe("the table of operations", () => {
  it("has every operation of both clients once", () => {
    expect(control.size).toBeGreaterThan(250);
    expect([...served, ...others].sort()).toEqual([...control.keys()].sort());
    const device = servedDeviceOperations.map(({ operation }) => operation);
    expect([...device, ...otherDeviceOperations].sort()).toEqual([...operationsOf(dataClient).keys()].sort());
  });

  it.each([...servedDeviceOperations, ...servedOperations])("names a test that calls $operation", ({ operation, evidence }) => {
    const text = readFileSync(join(root, evidence), "utf8");
    const page = new RegExp(`new (Iot\\.)?${operation}Command\\(|\\bpaginate${operation}\\(`);
    expect(text).toMatch(page);
  });

  it.each(served)("serves %s at the path of AWS's model", async (name) => {
    const { status, headers } = await call(name);
    expect(headers["x-amzn-errortype"]).not.toBe("UnknownOperationException");
    expect(headers["x-amzn-requestid"]).toMatch(/^[0-9a-f-]{36}$/);
    expect([status, failures]).toEqual([expect.toSatisfy((code: number) => code < 500) as number, []]);
  });

  it.each(others)("does not know %s", async (name) => {
    const { status, headers, json } = await call(name);
    expect([status, headers["x-amzn-errortype"]]).toEqual([404, "UnknownOperationException"]);
    expect(json["message"]).toEqual(expect.any(String));
  });
});
