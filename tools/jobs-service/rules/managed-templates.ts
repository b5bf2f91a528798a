/** The job templates that AWS gives to everyone (developer guide, "Create custom/managed job templates"), with documents for the AWS IoT Device Client. */
import { managedTemplateArn } from "./names";
import { pageOf, type Page } from "./page";
import { ControlRefusal } from "./refusals";

interface DocumentParameter {
  readonly key: string;
  readonly description: string;
  readonly regex: string;
  readonly example: string;
  readonly optional: boolean;
}

interface ManagedTemplate {
  readonly templateName: string;
  readonly description: string;
  readonly action: string;
  /** A script on the device; without, the parameter `command` is run. */
  readonly handler?: string;
  /** What the script is given, in this order. */
  readonly parameters: readonly DocumentParameter[];
}

const templateVersion = "1.0";
const environments = ["LINUX"];

const runAsUser: DocumentParameter = {
  key: "runAsUser",
  description: "The user that runs the action; the agent's own unless given.",
  regex: "(.){0,256}",
  example: "user1",
  optional: true,
};
const pathToHandler: DocumentParameter = {
  key: "pathToHandler",
  description: "The folder of the script on the device; the agent's default unless given.",
  regex: "(.){0,4096}",
  example: "/path/to/handler/script",
  optional: true,
};

function required(key: string, description: string, example: string): DocumentParameter {
  return { key, description, regex: "(.){1,4096}", example, optional: false };
}

const packages = required("packages", "One or more packages, separated by spaces.", "nginx curl");
const services = required("services", "One or more services, separated by spaces.", "nginx sshd");

const templates: readonly ManagedTemplate[] = [
  { templateName: "AWS-Reboot", description: "Restarts the device.", action: "Reboot", handler: "reboot.sh", parameters: [] },
  {
    templateName: "AWS-Download-File",
    description: "Downloads a file to the device.",
    action: "Download-File",
    handler: "download-file.sh",
    parameters: [
      required("downloadUrl", "Where the file is.", "https://example.com/file.txt"),
      required("filePath", "Where on the device it goes.", "/home/user/file.txt"),
    ],
  },
  {
    templateName: "AWS-Install-Application",
    description: "Installs packages on the device.",
    action: "Install-Application",
    handler: "install-packages.sh",
    parameters: [packages],
  },
  {
    templateName: "AWS-Remove-Application",
    description: "Removes packages from the device.",
    action: "Remove-Application",
    handler: "remove-packages.sh",
    parameters: [packages],
  },
  {
    templateName: "AWS-Start-Application",
    description: "Starts services on the device.",
    action: "Start-Application",
    handler: "start-services.sh",
    parameters: [services],
  },
  {
    templateName: "AWS-Stop-Application",
    description: "Stops services on the device.",
    action: "Stop-Application",
    handler: "stop-services.sh",
    parameters: [services],
  },
  {
    templateName: "AWS-Restart-Application",
    description: "Restarts services on the device.",
    action: "Restart-Application",
    handler: "restart-services.sh",
    parameters: [services],
  },
  {
    templateName: "AWS-Run-Command",
    description: "Runs a command on the device.",
    action: "Run-Command",
    parameters: [required("command", "The command and its arguments, separated by commas.", "echo,hello")],
  },
];

const placeholder = (key: string): string => `\${aws:iot:parameter:${key}}`;

function documentOf({ action, handler, parameters }: ManagedTemplate): string {
  const name = action;
  const step =
    handler === undefined
      ? { name, type: "runCommand", input: { command: placeholder("command") } }
      : {
          name,
          type: "runHandler",
          input: { handler, args: parameters.map(({ key }) => placeholder(key)), path: placeholder("pathToHandler") },
        };
  return JSON.stringify({ version: "1.0", steps: [{ action: { ...step, runAsUser: placeholder("runAsUser") } }] });
}

function parametersOf({ handler, parameters }: ManagedTemplate): DocumentParameter[] {
  return [...parameters, runAsUser, ...(handler === undefined ? [] : [pathToHandler])];
}

function summary({ templateName, description }: ManagedTemplate) {
  return { templateName, templateArn: managedTemplateArn(templateName, templateVersion), description, templateVersion, environments };
}

function requireManaged(templateName: string, version: string = templateVersion): ManagedTemplate {
  const template = templates.find((one) => one.templateName === templateName);
  if (template !== undefined && version === templateVersion) return template;
  throw new ControlRefusal("ResourceNotFoundException", `Managed job template ${templateName}:${version} cannot be found.`);
}

/** DescribeManagedJobTemplate. */
export function describeManagedTemplate(templateName: string, version?: string) {
  const template = requireManaged(templateName, version);
  return { ...summary(template), documentParameters: parametersOf(template), document: documentOf(template) };
}

/** ListManagedJobTemplates. */
export function listManagedTemplates(filter: Page & { readonly templateName?: string } = {}) {
  const wanted = templates.filter(({ templateName }) => filter.templateName === undefined || templateName === filter.templateName);
  const { items, ...rest } = pageOf(wanted, filter, "managed templates", filter.templateName);
  return { managedJobTemplates: items.map(summary), ...rest };
}

/** The document of a template named by its ARN, once every parameter that it needs is given and none that it does not know. */
export function managedDocument(templateName: string, version: string | undefined, given: Readonly<Record<string, unknown>>): string {
  const template = requireManaged(templateName, version);
  const known = parametersOf(template);
  const missing = known.filter(({ key, optional }) => !optional && !Object.hasOwn(given, key)).map(({ key }) => key);
  const unknown = Object.keys(given).filter((name) => !known.some(({ key }) => key === name));
  if (missing.length > 0) throw new ControlRefusal("InvalidRequestException", `documentParameters must have ${missing.join(", ")}`);
  if (unknown.length > 0) throw new ControlRefusal("InvalidRequestException", `${templateName} has no parameter ${unknown.join(", ")}`);
  for (const { key, regex } of known) {
    const value = Object.hasOwn(given, key) ? given[key] : undefined;
    if (value !== undefined && (typeof value !== "string" || !new RegExp(`^(?:${regex})$`, "s").test(value))) {
      throw new ControlRefusal("InvalidRequestException", `documentParameters.${key} must satisfy ${regex}`);
    }
  }
  return documentOf(template);
}
