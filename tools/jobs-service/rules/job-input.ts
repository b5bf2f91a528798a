/** Checks what the control plane is given for a job. */
import type { JobDocument } from "./document";
import { maxDocumentBytes, readDocument } from "./document";
import { maxTimeoutInMinutes } from "./fields";
import type { Target } from "./names";
import { jobIdPattern, namespacePattern, plainTextPattern, readTarget } from "./names";
import { ControlRefusal, violation } from "./refusals";
import type { AbortCriterion, JobSettings, RetryCriterion } from "./store";

/** The body of CreateJob, with the id from its path. `document` is the JSON text. */
export interface JobInput {
  readonly jobId: string;
  readonly targets: readonly string[];
  readonly document: string;
  readonly description?: string;
  readonly targetSelection?: "SNAPSHOT" | "CONTINUOUS";
  readonly namespaceId?: string;
  readonly presignedUrlConfig?: NonNullable<JobSettings["presignedUrlConfig"]>;
  readonly jobExecutionsRolloutConfig?: object;
  readonly abortConfig?: { readonly criteriaList: readonly (AbortCriterion & { readonly action?: "CANCEL" })[] };
  readonly timeoutConfig?: { readonly inProgressTimeoutInMinutes?: number };
  readonly jobExecutionsRetryConfig?: { readonly criteriaList: readonly RetryCriterion[] };
}

/** What this service cannot do is refused by name rather than ignored. */
const unsupported = ["documentSource", "jobTemplateArn", "documentParameters", "schedulingConfig", "destinationPackageVersions"];

type Fields = Readonly<Record<string, unknown>>;
const maxDescription = 2028;
const maxTargets = 100;

export function readJob(input: JobInput) {
  const fields = input as unknown as Fields;
  for (const name of unsupported) {
    if (fields[name] !== undefined) throw refusal(`${name} is not supported by this local service`);
  }
  const { jobId, targetSelection = "SNAPSHOT", namespaceId } = input;
  if (typeof jobId !== "string" || !jobIdPattern.test(jobId)) throw invalid(jobId, "jobId", "Member must satisfy [a-zA-Z0-9_-]{1,64}");
  if (targetSelection !== "SNAPSHOT" && targetSelection !== "CONTINUOUS") {
    throw invalid(targetSelection, "targetSelection", "Member must satisfy enum value set: [SNAPSHOT, CONTINUOUS]");
  }
  if (namespaceId !== undefined && (typeof namespaceId !== "string" || !namespacePattern.test(namespaceId))) {
    throw invalid(namespaceId, "namespaceId", "Member must satisfy [a-zA-Z0-9_-]+");
  }
  const arns = readTargets(input.targets);
  return {
    jobId,
    targetSelection: targetSelection,
    namespaceId,
    document: checkDocument(input.document),
    settings: readSettings(fields),
    arns: arns.map(([arn]) => arn),
    targets: arns.map(([, target]) => target),
  };
}

function readTargets(targets: unknown): [string, Target][] {
  if (!Array.isArray(targets) || targets.length < 1 || targets.length > maxTargets) {
    throw invalid(targets, "targets", `Member must have 1 to ${maxTargets} items`);
  }
  return targets.map((arn: unknown) => {
    const target = typeof arn === "string" ? readTarget(arn) : undefined;
    if (target === undefined) throw invalid(arn, "targets", "Member must be the ARN of a thing or a thing group");
    return [arn as string, target];
  });
}

/** The document must be JSON; what kind of value it is concerns the device only. */
function checkDocument(text: unknown): JobDocument {
  if (typeof text !== "string" || text === "") throw invalid(text, "document", "Member must not be empty");
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > maxDocumentBytes) throw refusal(`The job document has ${sizeBytes} bytes; at most ${maxDocumentBytes} are allowed`);
  try {
    return readDocument(text);
  } catch {
    throw refusal("The job document is not valid JSON");
  }
}

/** The members that UpdateJob may set too. */
export function readSettings(fields: Fields): JobSettings {
  const settings: JobSettings = {};
  const { description } = fields;
  if (description !== undefined) {
    if (typeof description !== "string" || description.length > maxDescription || !plainTextPattern.test(description)) {
      throw invalid(description, "description", `Member must have at most ${maxDescription} characters, none of them control characters`);
    }
    settings.description = description;
  }
  const presigned = section(fields, "presignedUrlConfig");
  if (presigned !== undefined) {
    integer(presigned, "expiresInSec", 60, 3600);
    settings.presignedUrlConfig = presigned;
  }
  const timeout = section(fields, "timeoutConfig");
  if (timeout !== undefined) {
    integer(timeout, "inProgressTimeoutInMinutes", 1, maxTimeoutInMinutes);
    settings.timeoutConfig = timeout;
  }
  const rollout = section(fields, "jobExecutionsRolloutConfig");
  if (rollout !== undefined) settings.jobExecutionsRolloutConfig = rollout;
  const retries = criteria(fields, "jobExecutionsRetryConfig", ["FAILED", "TIMED_OUT", "ALL"]);
  if (retries !== undefined) {
    for (const criterion of retries) integer(criterion, "numberOfRetries", 0, 10, true);
    const total = retries.reduce((sum, { numberOfRetries }) => sum + (numberOfRetries as number), 0);
    if (retries.length > 2 || total > 10) throw refusal("At most 2 retry criteria with at most 10 retries in all are allowed");
    settings.jobExecutionsRetryConfig = { criteriaList: retries as unknown as RetryCriterion[] };
  }
  const aborts = criteria(fields, "abortConfig", ["FAILED", "REJECTED", "TIMED_OUT", "ALL"]);
  if (aborts !== undefined) {
    for (const criterion of aborts) {
      integer(criterion, "minNumberOfExecutedThings", 1, Number.MAX_SAFE_INTEGER, true);
      const percentage = criterion["thresholdPercentage"];
      if (typeof percentage !== "number" || !(percentage >= 0 && percentage <= 100)) {
        throw invalid(percentage, "thresholdPercentage", "Member must be between 0 and 100");
      }
    }
    settings.abortConfig = { criteriaList: aborts as unknown as AbortCriterion[] };
  }
  return settings;
}

function section(fields: Fields, name: string): Fields | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw invalid(value, name, "Member must be an object");
  return value as Fields;
}

function criteria(fields: Fields, name: string, types: readonly string[]): Fields[] | undefined {
  const config = section(fields, name);
  if (config === undefined) return undefined;
  const list = config["criteriaList"];
  if (!Array.isArray(list) || list.length === 0) throw invalid(list, `${name}.criteriaList`, "Member must have at least one item");
  return list.map((item: unknown) => {
    const criterion = section({ item }, "item") ?? {};
    const type = criterion["failureType"];
    if (typeof type !== "string" || !types.includes(type))
      throw invalid(type, "failureType", `Member must satisfy enum value set: [${types.join(", ")}]`);
    return criterion;
  });
}

function integer(fields: Fields, name: string, min: number, max: number, required = false): void {
  const value = fields[name];
  if (value === undefined && !required) return;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return;
  throw invalid(value, name, `Member must be a whole number from ${min} to ${max}`);
}

function refusal(message: string): ControlRefusal {
  return new ControlRefusal("InvalidRequestException", message);
}

function invalid(value: unknown, field: string, constraint: string): ControlRefusal {
  return refusal(violation(value, field, constraint));
}
