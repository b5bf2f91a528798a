/** AWS IoT's control plane over HTTPS, as far as the commands use it. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { CommandFailed } from "./failing";
import type { ServiceAddress } from "./place";

/** A failed call, with AWS's name of the error. */
export class ControlPlaneError extends CommandFailed {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface ExecutionSummary {
  readonly thingName: string;
  readonly status: string;
  readonly executionNumber: number;
}

export interface JobSummary {
  readonly jobId: string;
  readonly status: string;
  readonly createdAt: number;
}

export interface ExecutionDetail {
  readonly status: string;
  readonly statusDetails: Readonly<Record<string, string>>;
  readonly queuedAt: number | undefined;
  readonly startedAt: number | undefined;
  readonly lastUpdatedAt: number | undefined;
}

const region = "us-east-1";
const account = "123456789012";

/** The ARN of a thing, as the local service knows it. */
export function thingArn(thingName: string): string {
  return `arn:aws:iot:${region}:${account}:thing/${thingName}`;
}

/** Calls of the control plane of one service. */
export interface ControlPlane {
  createThing(thingName: string): Promise<void>;
  listThings(): Promise<string[]>;
  createJob(jobId: string, targets: readonly string[], document: string, description?: string): Promise<void>;
  listJobs(): Promise<JobSummary[]>;
  describeJob(jobId: string): Promise<Record<string, unknown>>;
  jobDocument(jobId: string): Promise<string>;
  listExecutions(jobId: string): Promise<ExecutionSummary[]>;
  describeExecution(thingName: string, jobId: string): Promise<ExecutionDetail>;
  cancelJob(jobId: string, force: boolean): Promise<void>;
  /** Stores an image; gives the URL it is served under. */
  putObject(name: string, bytes: Uint8Array): Promise<string>;
}

/** Speaks to the service at an address. */
export function controlPlane(address: Pick<ServiceAddress, "https" | "ca">): ControlPlane {
  const ca = readFileSync(address.ca, "utf8");
  const call = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const bytes = body instanceof Uint8Array ? body : body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const { status, text, errorType } = await exchange(new URL(path, address.https), ca, method, bytes);
    const json = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    if (status >= 300)
      throw new ControlPlaneError(
        status,
        errorType,
        typeof json["message"] === "string" ? json["message"] : `the service answered ${status}`,
      );
    return json;
  };
  const id = encodeURIComponent;
  return {
    async createThing(thingName) {
      await call("POST", `/things/${id(thingName)}`, {});
    },
    async listThings() {
      const { things } = await call("GET", "/things");
      return (things as { thingName: string }[]).map(({ thingName }) => thingName);
    },
    async createJob(jobId, targets, document, description) {
      await call("PUT", `/jobs/${id(jobId)}`, { targets, document, description });
    },
    async listJobs() {
      return (await call("GET", "/jobs"))["jobs"] as JobSummary[];
    },
    async describeJob(jobId) {
      return (await call("GET", `/jobs/${id(jobId)}`))["job"] as Record<string, unknown>;
    },
    async jobDocument(jobId) {
      return (await call("GET", `/jobs/${id(jobId)}/job-document`))["document"] as string;
    },
    async listExecutions(jobId) {
      const { executionSummaries } = await call("GET", `/jobs/${id(jobId)}/things`);
      return (executionSummaries as { thingArn: string; jobExecutionSummary: { status: string; executionNumber: number } }[]).map(
        (entry) => ({
          thingName: entry.thingArn.slice(entry.thingArn.indexOf("thing/") + 6),
          status: entry.jobExecutionSummary.status,
          executionNumber: entry.jobExecutionSummary.executionNumber,
        }),
      );
    },
    async describeExecution(thingName, jobId) {
      const execution = (await call("GET", `/things/${id(thingName)}/jobs/${id(jobId)}`))["execution"] as Record<string, unknown>;
      const details = (execution["statusDetails"] as { detailsMap?: Record<string, string> } | undefined)?.detailsMap ?? {};
      return { ...(execution as unknown as ExecutionDetail), statusDetails: details };
    },
    async cancelJob(jobId, force) {
      await call("PUT", `/jobs/${id(jobId)}/cancel${force ? "?force=true" : ""}`, {});
    },
    async putObject(name, bytes) {
      await call("PUT", `/objects/${id(name)}`, bytes);
      return new URL(`/objects/${id(name)}`, address.https).href;
    },
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly errorType: string;
}

function exchange(url: URL, ca: string, method: string, body: Uint8Array | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": body === undefined ? "text/plain" : "application/json", "content-length": body?.length ?? 0 };
    const outgoing = request(url, { method, ca, headers, agent: false, timeout: 30_000 }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => {
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(pieces).toString("utf8"),
          errorType: String(response.headers["x-amzn-errortype"] ?? ""),
        });
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new CommandFailed("the Jobs service does not answer")));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
