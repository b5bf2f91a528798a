/** Checks what CreateJob is given. */
import type { Choices } from "../choices";
import type { JobDocument } from "./document";
import { maxDocumentBytes, maxPlaceholders, placeholdersIn, readNewDocument, substituteParameters } from "./document";
import type { Fields } from "./input-checks";
import { invalid, list, oneOf, refusal, section, text } from "./input-checks";
import { readSettings } from "./job-settings";
import type { Target } from "./names";
import { jobIdPattern, namespacePattern, readTarget } from "./names";
import type { SchedulingConfig } from "./schedule";
import { readSchedule } from "./schedule";
import type { AbortCriterion, JobSettings, ReadObject, RetryCriterion, RolloutConfig } from "./store";

/** The body of CreateJob, with the id from its path. `document` is the JSON text. */
export interface JobInput {
  readonly jobId: string;
  readonly targets: readonly string[];
  readonly document?: string;
  readonly documentSource?: string;
  readonly jobTemplateArn?: string;
  readonly documentParameters?: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly targetSelection?: "SNAPSHOT" | "CONTINUOUS";
  readonly namespaceId?: string;
  readonly presignedUrlConfig?: NonNullable<JobSettings["presignedUrlConfig"]>;
  readonly jobExecutionsRolloutConfig?: RolloutConfig;
  readonly abortConfig?: { readonly criteriaList: readonly AbortCriterion[] };
  readonly timeoutConfig?: { readonly inProgressTimeoutInMinutes?: number };
  readonly jobExecutionsRetryConfig?: { readonly criteriaList: readonly RetryCriterion[] };
  readonly schedulingConfig?: SchedulingConfig;
  readonly destinationPackageVersions?: readonly string[];
}

interface Context {
  readonly nowMs: number;
  readonly readObject: ReadObject;
  readonly choices: Choices;
}

const maxTargets = 100;
const maxPackageVersions = 25;
const maxParameterValue = 30_720;
const parameterName = /^[a-zA-Z0-9_-]{1,128}$/;
/** Of AWS's own templates; a template of one's own has region and account in its ARN. */
const managedTemplateArn = /^arn:[a-z-]+:iot:[a-z0-9-]*::jobtemplate\//;

export function readJob(input: JobInput, context: Context) {
  const fields = input as unknown as Fields;
  const { jobId } = input;
  if (typeof jobId !== "string" || !jobIdPattern.test(jobId)) throw invalid(jobId, "jobId", "Member must satisfy [a-zA-Z0-9_-]{1,64}");
  const selection = fields["targetSelection"] ?? "SNAPSHOT";
  const targetSelection = oneOf(selection, "targetSelection", ["SNAPSHOT", "CONTINUOUS"] as const);
  const namespaceId = fields["namespaceId"] ?? undefined;
  if (namespaceId !== undefined && (typeof namespaceId !== "string" || !namespacePattern.test(namespaceId))) {
    throw invalid(namespaceId, "namespaceId", "Member must satisfy [a-zA-Z0-9_-]+");
  }
  const arns = readTargets(input.targets);
  const settings = readCreationSettings(fields, context);
  const documentSource = text(fields, "documentSource", 1, 1350);
  return {
    jobId,
    targetSelection,
    namespaceId,
    documentSource,
    document: readJobDocument(fields, documentSource, settings, context),
    settings,
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

/** All settings, those included that no UpdateJob can change. */
function readCreationSettings(fields: Fields, { nowMs }: Context): JobSettings {
  const settings = readSettings(fields);
  const schedule = readSchedule(fields, nowMs);
  if (schedule !== undefined) settings.schedulingConfig = schedule;
  const templateArn = text(fields, "jobTemplateArn", 1, 1600);
  if (templateArn !== undefined) settings.jobTemplateArn = templateArn;
  const parameters = section(fields, "documentParameters");
  if (parameters !== undefined) settings.documentParameters = readParameters(parameters, templateArn);
  const versions = list(fields, "destinationPackageVersions", maxPackageVersions);
  if (versions !== undefined) {
    settings.destinationPackageVersions = versions.map((arn) => text({ arn }, "arn", 1, 1600) ?? "");
  }
  return settings;
}

function readParameters(parameters: Fields, templateArn: string | undefined): Readonly<Record<string, string>> {
  if (templateArn === undefined || !managedTemplateArn.test(templateArn)) {
    throw refusal("documentParameters can only be used with a managed job template");
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (!parameterName.test(name)) throw invalid(name, "documentParameters", `Map keys must satisfy ${parameterName.source}`);
    if (typeof value !== "string" || value.length < 1 || value.length > maxParameterValue) {
      throw invalid(value, `documentParameters.${name}`, `Map value must be text of 1 to ${maxParameterValue} characters`);
    }
  }
  return parameters as Readonly<Record<string, string>>;
}

/** The document, given or read from its source. It must be JSON; what kind of value it is concerns the device only. */
function readJobDocument(fields: Fields, source: string | undefined, settings: JobSettings, { readObject, choices }: Context): JobDocument {
  const given = fields["document"] ?? undefined;
  if (given !== undefined && source !== undefined) throw refusal("A job has either a document or a documentSource, not both");
  // Read once: what becomes of the object later does not matter to the job (developer guide).
  const written = source === undefined ? given : readObject(source);
  if (source !== undefined && written === undefined) throw refusal(`The job document ${source} cannot be read`);
  if (typeof written !== "string" || written === "") throw invalid(written, "document", "Member must not be empty");
  const { documentParameters } = settings;
  const whole = documentParameters === undefined ? written : substituteParameters(written, documentParameters);
  const sizeBytes = Buffer.byteLength(whole);
  if (sizeBytes > maxDocumentBytes) throw refusal(`The job document has ${sizeBytes} bytes; at most ${maxDocumentBytes} are allowed`);
  const urls = placeholdersIn(whole);
  if (urls > maxPlaceholders) throw refusal(`The job document asks for ${urls} presigned URLs; at most ${maxPlaceholders} are allowed`);
  if (urls > 0 && settings.presignedUrlConfig?.roleArn === undefined && choices.placeholdersNeedRole) {
    throw refusal("The job document asks for presigned URLs, so presignedUrlConfig must have a roleArn");
  }
  try {
    return readNewDocument(whole);
  } catch {
    throw refusal("The job document is not valid JSON");
  }
}
