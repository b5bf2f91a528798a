/** Job templates: settings and a document under a name, from which jobs are made. */
import type { CallContext } from "./call-context";
import { maxDocumentBytes, readNewDocument } from "./document";
import { invalid, list, refusal, text, type Fields } from "./input-checks";
import type { JobInput } from "./job-input";
import { readSettings } from "./job-settings";
import { requireJob } from "./jobs";
import { describeManagedTemplate, listManagedTemplates, managedDocument } from "./managed-templates";
import { jobIdPattern, jobTemplateArn } from "./names";
import { pageOf, type Page } from "./page";
import { ControlRefusal } from "./refusals";
import { readMaintenanceWindows, type MaintenanceWindow } from "./schedule";
import type { JobSettings, Store } from "./store";
import { forgetTags, readTags, tagNew } from "./tags";
import type { Turn } from "./turn";

/** Plain JSON. */
export interface JobTemplate {
  readonly jobTemplateId: string;
  readonly createdAtMs: number;
  readonly document: string;
  readonly documentSource?: string;
  readonly settings: JobSettings;
  readonly maintenanceWindows?: readonly MaintenanceWindow[];
}

function requireTemplate(store: Store, jobTemplateId: string): JobTemplate {
  const template = store.templates.get(jobTemplateId);
  if (template === undefined) throw new ControlRefusal("ResourceNotFoundException", `Job template ${jobTemplateId} cannot be found.`);
  return template;
}

/** The settings of an existing job, of which a template can be made. */
function ofJob(store: Store, arn: string): { document: string; documentSource?: string; settings: JobSettings } {
  const jobId = /^arn:[a-z-]+:iot:[a-z0-9-]*:[0-9]*:job\/([a-zA-Z0-9_-]{1,64})$/.exec(arn)?.[1];
  if (jobId === undefined) throw invalid(arn, "jobArn", "Member must be the ARN of a job");
  const { document, documentSource, settings } = requireJob(store, jobId);
  const rest: JobSettings = { ...settings };
  // What belongs to one job only.
  for (const name of ["schedulingConfig", "jobTemplateArn", "documentParameters"] as const) delete rest[name];
  return { document: document.text, ...(documentSource !== undefined && { documentSource }), settings: rest };
}

function documentFor(store: Store, fields: Fields): { document: string; documentSource?: string } {
  const document = text(fields, "document", 0, maxDocumentBytes);
  const documentSource = text(fields, "documentSource", 1, 1350);
  if ((document === undefined) === (documentSource === undefined))
    throw refusal("A job template has either a document or a documentSource");
  const written = document ?? store.readObject(documentSource ?? "");
  if (written === undefined) throw refusal(`The job document ${documentSource ?? ""} cannot be read`);
  if (Buffer.byteLength(written) > maxDocumentBytes) throw refusal(`A job document can have at most ${maxDocumentBytes} bytes`);
  try {
    readNewDocument(written);
  } catch {
    throw refusal("The job document is not valid JSON");
  }
  return { document: written, ...(documentSource !== undefined && { documentSource }) };
}

function create(turn: Turn, jobTemplateId: string, fields: Fields) {
  const { store } = turn;
  if (!jobIdPattern.test(jobTemplateId)) throw invalid(jobTemplateId, "jobTemplateId", "Member must satisfy [a-zA-Z0-9_-]{1,64}");
  const arn = jobTemplateArn(jobTemplateId);
  if (store.templates.get(jobTemplateId) !== undefined) {
    throw new ControlRefusal("ConflictException", `Job template ${jobTemplateId} already exists`, { resourceId: jobTemplateId });
  }
  const description = text(fields, "description", 1, 2028);
  if (description === undefined) throw invalid(undefined, "description", "Member must not be null");
  const jobArn = text(fields, "jobArn", 1, 2048);
  const base = jobArn === undefined ? { ...documentFor(store, fields), settings: {} } : ofJob(store, jobArn);
  const versions = list(fields, "destinationPackageVersions", 25)?.map((name) => text({ name }, "name", 1, 1600) ?? "");
  const maintenanceWindows = readMaintenanceWindows(fields);
  const settings = {
    ...base.settings,
    ...readSettings(fields),
    ...(versions !== undefined && { destinationPackageVersions: versions }),
  };
  const tags = readTags(fields);
  const windows = maintenanceWindows === undefined ? {} : { maintenanceWindows };
  store.templates.put(turn, jobTemplateId, { ...base, jobTemplateId, createdAtMs: turn.nowMs, settings, ...windows });
  tagNew(turn, arn, tags);
  return { jobTemplateArn: arn, jobTemplateId };
}

function templateView({ jobTemplateId, createdAtMs, document, documentSource, settings, maintenanceWindows }: JobTemplate) {
  return {
    jobTemplateArn: jobTemplateArn(jobTemplateId),
    jobTemplateId,
    createdAt: createdAtMs / 1000,
    document,
    ...(documentSource !== undefined && { documentSource }),
    ...settings,
    ...(maintenanceWindows !== undefined && { maintenanceWindows }),
  };
}

/** What CreateJob is given, with all that its template says where it is silent itself. */
export function withTemplate(store: Store, input: JobInput): JobInput {
  const arn: unknown = input.jobTemplateArn ?? undefined;
  if (arn === undefined) return input;
  const parts = typeof arn === "string" ? /^arn:[a-z-]+:iot:[a-z0-9-]*:([0-9]*):jobtemplate\/([^:]+)(?::(.+))?$/.exec(arn) : null;
  if (parts === null) throw invalid(arn, "jobTemplateArn", "Member must be the ARN of a job template");
  const [, account = "", id = "", version] = parts;
  const hasOwnDocument = (input.document ?? input.documentSource ?? undefined) !== undefined;
  if (account === "") {
    const document = managedDocument(id, version, (input.documentParameters as Readonly<Record<string, unknown>> | null | undefined) ?? {});
    if (hasOwnDocument) throw refusal("A job from a managed template has the template's document");
    // Even without parameters: those that are optional are to be replaced, by nothing.
    return { ...input, document, documentParameters: input.documentParameters ?? {} };
  }
  const { document, settings, maintenanceWindows } = requireTemplate(store, id);
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined && value !== null));
  return {
    ...settings,
    ...(!hasOwnDocument && { document }),
    ...(maintenanceWindows !== undefined && { schedulingConfig: { maintenanceWindows } }),
    ...given,
  } as unknown as JobInput;
}

export function templateCalls({ store, run }: CallContext) {
  return {
    create: (jobTemplateId: string, fields: Fields) => run((turn) => create(turn, jobTemplateId, fields)),
    describe: (jobTemplateId: string) => templateView(requireTemplate(store, jobTemplateId)),
    delete: (jobTemplateId: string): void =>
      run((turn) => {
        requireTemplate(store, jobTemplateId);
        store.templates.remove(turn, jobTemplateId);
        forgetTags(turn, jobTemplateArn(jobTemplateId));
      }),
    list(page: Page = {}) {
      const { items, ...rest } = pageOf(store.templates.values(), page, "templates");
      const jobTemplates = items.map(templateView).map(({ jobTemplateArn: arn, jobTemplateId, description, createdAt }) => ({
        jobTemplateArn: arn,
        jobTemplateId,
        description,
        createdAt,
      }));
      return { jobTemplates, ...rest };
    },
    describeManaged: describeManagedTemplate,
    listManaged: listManagedTemplates,
  };
}
