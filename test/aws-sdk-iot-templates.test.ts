/** Job templates, one's own and AWS's, through AWS's own client. */
import {
  ConflictException,
  CreateJobCommand,
  CreateJobTemplateCommand,
  CreateThingCommand,
  DeleteJobTemplateCommand,
  DescribeJobCommand,
  DescribeJobTemplateCommand,
  DescribeManagedJobTemplateCommand,
  GetJobDocumentCommand,
  InvalidRequestException,
  ListManagedJobTemplatesCommand,
  paginateListJobTemplates,
  paginateListManagedJobTemplates,
  ResourceNotFoundException,
  type CreateJobCommandInput,
  type CreateJobTemplateCommandInput,
} from "@aws-sdk/client-iot";
import { beforeEach, describe, expect, it } from "vitest";
import { aroundEachTest, startDate } from "./jobs-service/aws-clients";

const at = aroundEachTest();
const targets = ["arn:aws:iot:us-east-1:123456789012:thing/lamp-01"];
const jobTemplateArn = "arn:aws:iot:us-east-1:123456789012:jobtemplate/blink";
const document = '{"action":"blink"}';
const settings = { timeoutConfig: { inProgressTimeoutInMinutes: 9 }, jobExecutionsRolloutConfig: { maximumPerMinute: 50 } };

const template = (input: Partial<CreateJobTemplateCommandInput> = {}) =>
  at.iot.send(new CreateJobTemplateCommand({ jobTemplateId: "blink", description: "blinks", document, ...input }));
const create = (input: Partial<CreateJobCommandInput>) => at.iot.send(new CreateJobCommand({ jobId: "j1", targets, ...input }));

beforeEach(() => at.iot.send(new CreateThingCommand({ thingName: "lamp-01" })));

describe("a job template", () => {
  it("is described with all that it was given, listed and deleted", async () => {
    const maintenanceWindows = [{ startTime: "cron(0 2 ? * * *)", durationInMinutes: 60 }];
    expect(await template({ ...settings, maintenanceWindows })).toMatchObject({ jobTemplateArn, jobTemplateId: "blink" });
    const { $metadata, ...described } = await at.iot.send(new DescribeJobTemplateCommand({ jobTemplateId: "blink" }));
    expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(described).toEqual({
      jobTemplateArn,
      jobTemplateId: "blink",
      description: "blinks",
      document,
      createdAt: startDate,
      maintenanceWindows,
      ...settings,
    });
    await expect(template()).rejects.toBeInstanceOf(ConflictException);
    await template({ jobTemplateId: "b2" });
    const pages: unknown[] = [];
    for await (const { jobTemplates } of paginateListJobTemplates({ client: at.iot, pageSize: 1 }, {})) pages.push(jobTemplates);
    expect(pages).toEqual([
      [{ jobTemplateArn, jobTemplateId: "blink", description: "blinks", createdAt: startDate }],
      [{ jobTemplateArn: jobTemplateArn.replace("blink", "b2"), jobTemplateId: "b2", description: "blinks", createdAt: startDate }],
    ]);
    await at.iot.send(new DeleteJobTemplateCommand({ jobTemplateId: "blink" }));
    const gone = at.iot.send(new DescribeJobTemplateCommand({ jobTemplateId: "blink" }));
    await expect(gone).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(at.iot.send(new DeleteJobTemplateCommand({ jobTemplateId: "blink" }))).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it("gives a job its document and settings, which the job may set otherwise", async () => {
    await template(settings);
    await create({ jobTemplateArn, timeoutConfig: { inProgressTimeoutInMinutes: 5 } });
    expect((await at.iot.send(new DescribeJobCommand({ jobId: "j1" }))).job).toMatchObject({
      jobTemplateArn,
      description: "blinks",
      timeoutConfig: { inProgressTimeoutInMinutes: 5 },
      jobExecutionsRolloutConfig: { maximumPerMinute: 50 },
    });
    expect((await at.iot.send(new GetJobDocumentCommand({ jobId: "j1" }))).document).toBe(document);
  });

  it("is made of a job too", async () => {
    await create({ document, ...settings });
    await template({ document: undefined, jobArn: "arn:aws:iot:us-east-1:123456789012:job/j1" });
    expect(await at.iot.send(new DescribeJobTemplateCommand({ jobTemplateId: "blink" }))).toMatchObject({ document, ...settings });
    const missing = template({ jobTemplateId: "b2", document: undefined, jobArn: "arn:aws:iot:us-east-1:123456789012:job/ghost" });
    await expect(missing).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it.each<[string, Partial<CreateJobTemplateCommandInput>]>([
    ["no description", { description: undefined }],
    ["no document", { document: undefined }],
    ["a document that is no JSON", { document: "{" }],
    ["an id with a dot", { jobTemplateId: "a.b" }],
    ["a time limit of a year", { timeoutConfig: { inProgressTimeoutInMinutes: 525_600 } }],
    ["a window that never opens", { maintenanceWindows: [{ startTime: "at night", durationInMinutes: 60 }] }],
  ])("with %s is refused", async (_what, input) => {
    await expect(template(input)).rejects.toBeInstanceOf(InvalidRequestException);
  });
});

describe("a managed job template", () => {
  const managed = "arn:aws:iot:us-east-1::jobtemplate/AWS-Download-File:1.0";
  const parameters = { downloadUrl: 'https://example.com/a?b="c"', filePath: "/tmp/a" };

  it("is one of eight, and tells its parameters", async () => {
    const names: unknown[] = [];
    for await (const { managedJobTemplates = [] } of paginateListManagedJobTemplates({ client: at.iot, pageSize: 3 }, {})) {
      names.push(managedJobTemplates.map(({ templateName }) => templateName));
    }
    expect(names).toEqual([
      ["AWS-Reboot", "AWS-Download-File", "AWS-Install-Application"],
      ["AWS-Remove-Application", "AWS-Start-Application", "AWS-Stop-Application"],
      ["AWS-Restart-Application", "AWS-Run-Command"],
    ]);
    expect((await at.iot.send(new ListManagedJobTemplatesCommand({ templateName: "AWS-Reboot" }))).managedJobTemplates).toHaveLength(1);
    const template = await at.iot.send(
      new DescribeManagedJobTemplateCommand({ templateName: "AWS-Download-File", templateVersion: "1.0" }),
    );
    expect(template).toMatchObject({ templateArn: managed, templateVersion: "1.0", environments: ["LINUX"] });
    expect(template.documentParameters?.map(({ key, optional }) => [key, optional])).toEqual([
      ["downloadUrl", false],
      ["filePath", false],
      ["runAsUser", true],
      ["pathToHandler", true],
    ]);
    const later = at.iot.send(new DescribeManagedJobTemplateCommand({ templateName: "AWS-Reboot", templateVersion: "2.0" }));
    await expect(later).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it("becomes a job's document once its parameters are given", async () => {
    await create({ jobTemplateArn: managed, documentParameters: parameters });
    const { document: text = "" } = await at.iot.send(new GetJobDocumentCommand({ jobId: "j1" }));
    expect(JSON.parse(text)).toMatchObject({
      version: "1.0",
      steps: [
        { action: { type: "runHandler", input: { handler: "download-file.sh", args: [parameters.downloadUrl, "/tmp/a"], path: "" } } },
      ],
    });
    expect((await at.iot.send(new DescribeJobCommand({ jobId: "j1" }))).job).toMatchObject({
      jobTemplateArn: managed,
      documentParameters: parameters,
    });
    await create({ jobId: "j2", jobTemplateArn: managed.replace("Download-File", "Reboot") });
    expect((await at.iot.send(new GetJobDocumentCommand({ jobId: "j2" }))).document).not.toContain("${");
  });

  it.each<[string, Partial<CreateJobCommandInput>]>([
    ["a parameter that is missing", { documentParameters: { filePath: "/tmp/a" } }],
    ["a parameter that it does not have", { documentParameters: { ...parameters, mode: "700" } }],
    ["a document of one's own", { documentParameters: parameters, document }],
  ])("is refused with %s", async (_what, input) => {
    await expect(create({ jobTemplateArn: managed, ...input })).rejects.toBeInstanceOf(InvalidRequestException);
  });
});
