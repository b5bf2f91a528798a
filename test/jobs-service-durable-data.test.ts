/** The data folder: what is in it, and what happens when it cannot be used. */
import { ClassicLevel } from "classic-level";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startJobsService, type JobsService } from "../tools/jobs-service";
import { VirtualTime } from "../tools/time";
import { callerOf } from "./jobs-service/https-caller";

let dir: string;
let service: JobsService | undefined;
const time = new VirtualTime();

beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "jobs-folder-"))));
afterEach(async () => {
  await service?.stop();
  service = undefined;
  rmSync(dir, { recursive: true });
});

async function start(data = dir): Promise<JobsService> {
  service = await startJobsService({ data, time, ports: { mqtt: false, mqtts: false } });
  return service;
}

async function restart(): Promise<JobsService> {
  await service?.stop();
  return start();
}

/** Why a service does not start. */
async function refusal(data = dir): Promise<string> {
  try {
    await (await startJobsService({ data, time, ports: { mqtt: false, mqtts: false, https: false } })).stop();
    return "it started";
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : "";
  }
}

/** Opens the records themselves, as no service does. */
async function tamper(change: (records: ClassicLevel) => Promise<void>): Promise<void> {
  const records = new ClassicLevel(join(dir, "records"));
  await change(records);
  await records.close();
}

describe("a restarted service", () => {
  it("knows its jobs, has the same CA and certificates, and serves its objects at the URLs that it signed", async () => {
    const { rules, ca, putObject, provision } = await start();
    const { certificate } = await provision("lamp-01");
    const url = putObject("images/a b.bin", Buffer.from("image"));
    rules.createJob({
      jobId: "j1",
      targets: [rules.thingArn("lamp-01")],
      document: `{"url":"\${aws:iot:s3-presigned-url:${url}}"}`,
      presignedUrlConfig: { roleArn: "arn:aws:iam::123456789012:role/downloads" },
    });
    const { reply } = rules.request("lamp-01", "start-next", Buffer.from("{}"));
    const { execution } = JSON.parse(reply.payload) as { execution: { jobDocument: { url: string } } };
    const signed = new URL(execution.jobDocument.url);

    const again = await restart();
    expect(again.ca).toBe(ca);
    expect((await again.provision("lamp-01")).certificate).toBe(certificate);
    expect(again.rules.describeExecution("lamp-01", "j1")).toMatchObject({ status: "IN_PROGRESS", versionNumber: 2 });
    const caller = callerOf(again);
    expect((await caller.call("GET", `${signed.pathname}${signed.search}`)).bytes.toString()).toBe("image");
    caller.end();
  });

  it("lets executions time out at the moment that was set before", async () => {
    const { rules, provision } = await start();
    await provision("lamp-01");
    rules.createJob({
      jobId: "j1",
      targets: [rules.thingArn("lamp-01")],
      document: "{}",
      timeoutConfig: { inProgressTimeoutInMinutes: 5 },
    });
    rules.request("lamp-01", "start-next", Buffer.from("{}"));
    time.advance(4 * 60_000);
    const again = await restart();
    time.advance(60_000 - 1);
    expect(again.rules.describeExecution("lamp-01", "j1").status).toBe("IN_PROGRESS");
    time.advance(1);
    expect(again.rules.describeExecution("lamp-01", "j1").status).toBe("TIMED_OUT");
  });

  it("does not bring back a thing that was deleted", async () => {
    const { provision, rules } = await start();
    await provision("lamp-01");
    for (const principal of rules.identities.listThingPrincipals("lamp-01"))
      rules.identities.detachThingPrincipal("lamp-01", principal.principal);
    rules.deleteThing("lamp-01");
    expect((await restart()).rules.hasThing("lamp-01")).toBe(false);
  });
});

describe("a data folder", () => {
  it("of a newer version is refused with its name", async () => {
    await start();
    await service?.stop();
    await tamper((records) => records.put("format", "2"));
    expect(await refusal()).toBe(
      `DataFolderError: the data folder ${dir} was written by a newer version (format 2, this one reads 1): use that version, or another folder`,
    );
  });

  it("in use by another service is refused with its name", async () => {
    await start();
    expect(await refusal()).toBe(
      `DataFolderError: the data folder ${dir} is in use by another Jobs service: stop that one, or use another folder`,
    );
  });

  it("that is a file is refused with its name", async () => {
    const file = join(dir, "file");
    writeFileSync(file, "");
    expect(await refusal(file)).toMatch(`DataFolderError: the data folder ${file} cannot be made (`);
  });

  it.each<[what: string, damage: () => Promise<void>]>([
    [
      "whose database is overwritten",
      () => {
        for (const file of readdirSync(join(dir, "records"))) {
          if (/^(MANIFEST|CURRENT)/.test(file)) writeFileSync(join(dir, "records", file), "garbage\n");
        }
        return Promise.resolve();
      },
    ],
    ["with a record that is no JSON", () => tamper((records) => records.put("thing/lamp-02", "{"))],
    ["with a record of an unknown kind", () => tamper((records) => records.put("spell/abracadabra", "{}"))],
    ["with an execution whose job is missing", () => tamper((records) => records.put("execution/j9/lamp-01/7", '{"status":"QUEUED"}'))],
    ["with a job whose document is missing", () => tamper((records) => records.del("document/j1"))],
    ["with a member of a group that is missing", () => tamper((records) => records.put("member/g9/lamp-01", "9"))],
  ])("%s is refused with its name", async (_what, damage) => {
    const { rules } = await start();
    rules.createThing("lamp-01");
    rules.createJob({ jobId: "j1", targets: [rules.thingArn("lamp-01")], document: "{}" });
    await service?.stop();
    await damage();
    const said = await refusal();
    expect(said).toMatch(`DataFolderError: the data folder ${dir} is damaged (`);
    expect(said).toMatch("): put a copy of it in its place, or move it away to start anew");
    // It left no lock behind.
    expect(await refusal()).toBe(said);
  });
});
