/** What a job's document may be, where it comes from, and what becomes of its placeholders. */
import { beforeEach, describe, expect, it } from "vitest";
import { startJobsService } from "../tools/jobs-service";
import type { JobInput } from "../tools/jobs-service/rules";
import { readDocument, substituteParameters } from "../tools/jobs-service/rules/document";
import { openRulebook, thing, type Rulebook } from "./jobs-service/rulebook";

const roleArn = "arn:aws:iam::123456789012:role/read-fw";
let book: Rulebook;
beforeEach(() => void (book = openRulebook()));

function refusalOf(more: Partial<JobInput>): string {
  try {
    book.create("j1", more);
  } catch (error) {
    expect(error).toMatchObject({ name: "InvalidRequestException" });
    return (error as Error).message;
  }
  return "";
}

describe("a placeholder for a signed URL", () => {
  const url = (form: string, key: string): string => "${aws:iot:" + form + ":https://s3.eu-west-1.amazonaws.com/fw/" + key + "}";

  it.each(["s3-presigned-url", "s3-presigned-url-v2"])("may be written %s, and is signed anew at each delivery", (form) => {
    const document = JSON.stringify({ url: url(form, "a%20b.bin"), again: url(form, "c.bin") });
    book.create("j1", { document, presignedUrlConfig: { roleArn } });
    const urls = [1, 2].map(() => (book.ask("$next/get")["execution"] as { jobDocument: { url: string; again: string } }).jobDocument);
    for (const one of urls) expect(one.url).toMatch(/^https:\/\/s3\.eu-west-1\.amazonaws\.com\/fw\/a%20b\.bin\?signature=\d+$/);
    expect(new Set(urls.flatMap((one) => [one.url, one.again])).size).toBe(4);
    expect(book.rules.jobDocument("j1")).toBe(document);
  });

  it("needs a role, unless that is not wanted", () => {
    const document = JSON.stringify({ url: url("s3-presigned-url", "a.bin") });
    expect(refusalOf({ document })).toContain("roleArn");
    expect(refusalOf({ document, presignedUrlConfig: { expiresInSec: 60 } })).toContain("roleArn");
    book = openRulebook({ placeholdersNeedRole: false });
    expect(refusalOf({ document })).toBe("");
  });

  it("may stand in a document ten times, not eleven", () => {
    const document = (count: number): string => JSON.stringify(Array.from({ length: count }, (_, n) => url("s3-presigned-url", `${n}`)));
    expect(refusalOf({ document: document(11), presignedUrlConfig: { roleArn } })).toContain("at most 10");
    expect(refusalOf({ document: document(10), presignedUrlConfig: { roleArn } })).toBe("");
  });

  it.each([
    [{ roleArn: "short" }, "roleArn"],
    [{ roleArn, expiresInSec: 59 }, "expiresInSec"],
    [{ roleArn, expiresInSec: 3601 }, "expiresInSec"],
  ])("is not signed with %j", (presignedUrlConfig, why) => {
    expect(refusalOf({ presignedUrlConfig })).toContain(why);
  });
});

describe("a documentSource", () => {
  it("is read once, when the job is created, and shown again", async () => {
    const service = await startJobsService({ ports: { mqtt: false, mqtts: false, https: false } });
    try {
      service.rules.createThing(thing);
      service.putObject("jobs/blink.json", Buffer.from('{"action":"blink"}'));
      const documentSource = "https://s3.eu-west-1.amazonaws.com/jobs/blink.json";
      const targets = [service.rules.thingArn(thing)];
      service.rules.createJob({ jobId: "j1", targets, documentSource });
      service.putObject("jobs/blink.json", Buffer.from("changed"));
      expect(service.rules.jobDocument("j1")).toBe('{"action":"blink"}');
      expect(service.rules.jobDocumentSource("j1")).toBe(documentSource);
      const wrong = (source: string) => () => service.rules.createJob({ jobId: "j2", targets, documentSource: source });
      expect(wrong(documentSource)).toThrow("not valid JSON");
      expect(wrong("https://s3.eu-west-1.amazonaws.com/jobs/none.json")).toThrow("cannot be read");
      expect(wrong("none.json")).toThrow("cannot be read");
      service.putObject("jobs/empty.json", Buffer.alloc(0));
      expect(wrong("https://s3.eu-west-1.amazonaws.com/jobs/empty.json")).toThrow("must not be empty");
    } finally {
      await service.stop();
    }
  });

  it("is refused beside a document", () => {
    expect(refusalOf({ documentSource: "https://s3.eu-west-1.amazonaws.com/jobs/a.json" })).toContain("not both");
  });
});

describe("document parameters", () => {
  it("take their places as JSON text, and leave nothing where none is given", () => {
    const text = '{"run":"${aws:iot:parameter:cmd} ${aws:iot:parameter:cmd}","user":"${aws:iot:parameter:runAsUser}"}';
    expect(readDocument(substituteParameters(text, { cmd: 'say "hi"\n\\ ${aws:iot:parameter:runAsUser}' })).value).toEqual({
      run: 'say "hi"\n\\ ${aws:iot:parameter:runAsUser} say "hi"\n\\ ${aws:iot:parameter:runAsUser}',
      user: "",
    });
  });

  it("are for managed templates only", () => {
    expect(refusalOf({ documentParameters: { a: "b" } })).toContain("managed job template");
  });
});

describe("destinationPackageVersions", () => {
  const arn = "arn:aws:iot:us-east-1:123456789012:package/agent/version/2.0";

  it("are shown again, twenty-five at most", () => {
    expect(refusalOf({ destinationPackageVersions: Array.from({ length: 26 }, () => arn) })).toContain("at most 25");
    book.create("j1", { destinationPackageVersions: [arn] });
    expect(book.rules.describeJob("j1")).toMatchObject({ destinationPackageVersions: [arn] });
  });
});
