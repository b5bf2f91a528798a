/** From a build to boards over the air: the manifest is all that a person names. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agentBundle } from "../tools/bundle/targets";
import { callerOf } from "./jobs-service/https-caller";
import { firstLine, openCommandLine, startUp, type CommandLine } from "./surroundings/command-line";
import { makeBuild, manifestOf } from "./surroundings/firmware-build";

const line = openCommandLine({ AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined });
const { run, json } = line;
afterAll(line.close);

const role = "arn:aws:iam::123456789012:role/reader";

/** A build that runs today's agent as version 2.0.0. */
const build = makeBuild({ bundle: readFileSync(agentBundle.luaFile, "utf8"), version: "2.0.0" });
const manifest = join(build, "manifest.json");
const fields = JSON.parse(readFileSync(manifest, "utf8")) as Record<string, unknown>;

async function documentOf(jobId: string): Promise<Record<string, unknown>> {
  const { document } = (await json("job", "show", jobId)) as { document: string };
  return JSON.parse(document) as Record<string, unknown>;
}

let up: Awaited<ReturnType<typeof startUp>>;

describe("with a service and its board", () => {
  beforeAll(async () => {
    up = await startUp(line);
    // A thing without a device: jobs for it are only looked at.
    const agent = line.start("agent", "--thing", "shelf-01");
    await firstLine(agent);
    const ended = new Promise((resolve) => agent.once("close", resolve));
    agent.kill("SIGINT");
    await ended;
  }, 60_000);

  test("a job made of a build brings it to the board, and describe shows its version", { timeout: 60_000 }, async () => {
    const create = ["job", "create", "--thing", "lamp-01", "--wait", "--timeout", "50"];
    expect(await json("job", "create", "describe", "--id", "before", ...create.slice(2))).toMatchObject({
      executions: [{ statusDetails: { version: "1.0.0", slot: "ota_0" } }],
    });
    expect(await json(...create, "--ota", manifest, "--id", "update")).toMatchObject({
      executions: [{ thingName: "lamp-01", status: "SUCCEEDED", statusDetails: { version: "2.0.0", previous: "1.0.0", slot: "ota_1" } }],
    });
    expect(await json(...create, "describe", "--id", "after")).toMatchObject({
      executions: [{ status: "SUCCEEDED", statusDetails: { version: "2.0.0", slot: "ota_1" } }],
    });
    const { md5, sha256, size } = fields;
    expect(await documentOf("update")).toEqual({ action: "ota", version: "2.0.0", md5, sha256, size, url: expect.any(String) as string });
  });

  test("another image of the same version has another URL", { timeout: 30_000 }, async () => {
    const other = makeBuild({ bundle: "error('no luck')", version: "2.0.0" });
    await json("job", "create", "--ota", join(other, "manifest.json"), "--thing", "shelf-01", "--id", "other");
    expect((await documentOf("other"))["url"]).not.toBe((await documentOf("update"))["url"]);
  });

  test("the same image is stored once", { timeout: 30_000 }, async () => {
    const create = (file: string, id: string) =>
      run("job", "create", "--ota", file, "--thing", "shelf-01", "--id", id, "--bucket", "twice", "--role", role);
    // As an editor on Windows leaves it.
    const edited = join(build, "edited.json");
    writeFileSync(edited, `\uFEFF${readFileSync(manifest, "utf8").replaceAll(",", ",\r\n")}`);
    const [first, second] = [await create(manifest, "first"), await create(edited, "second")];
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(first.err).toMatch(
      /^Bringing nodemcu\.bin \(\d+ bytes\) to https:\S+\/objects\/twice\/firmware\/esp32-jobs\/2\.0\.0-esp32-[0-9a-f]{16}\.bin\n/,
    );
    expect(second.err).toMatch(/^nodemcu\.bin is at https:\S+ already\n$/);
    expect((await documentOf("first"))["url"]).toBe((await documentOf("second"))["url"]);
  });

  test("a signature in the manifest goes into the document, and a bucket's object becomes a placeholder", { timeout: 30_000 }, async () => {
    const signed = makeBuild({
      version: "3.0.0",
      change: (files) => (files["manifest.json"] = manifestOf(files["nodemcu.bin"] as Buffer, { version: "3.0.0", signature: "MEUCIQ==" })),
    });
    const create = ["job", "create", "--ota", join(signed, "manifest.json"), "--role", role, "--thing", "shelf-01"];
    await json(...create, "--url", "s3://my-bucket/firmware/3.0.0.bin", "--id", "signed");
    expect(await documentOf("signed")).toMatchObject({
      signature: "MEUCIQ==",
      url: "${aws:iot:s3-presigned-url:https://s3.us-east-1.amazonaws.com/my-bucket/firmware/3.0.0.bin}",
    });
    // Characters that a URL has other uses for are encoded, which the older placeholder does not take.
    await json(...create, "--url", "s3://my-bucket/lamp 3+.bin", "--id", "encoded");
    expect((await documentOf("encoded"))["url"]).toBe(
      "${aws:iot:s3-presigned-url-v2:https://s3.us-east-1.amazonaws.com/my-bucket/lamp%203%2B.bin}",
    );
  });

  describe("with --aws and a service that stands for AWS", () => {
    /** AWS's own variables alone lead there: the commands believe that they speak to AWS. */
    let aws: CommandLine;
    const create = ["job", "create", "--thing", "shelf-01", "--aws", "--ota", manifest, "--role", role];

    beforeAll(async () => {
      const env = (await json("env")) as Record<string, string>;
      aws = openCommandLine({ ...env, ESP32_JOBS_DIR: undefined });
    }, 30_000);
    afterAll(() => aws.close());

    test("the image goes to the bucket, and AWS IoT signs its URL for each board", { timeout: 30_000 }, async () => {
      const first = await aws.run(...create, "--bucket", "my.bucket", "--id", "on-aws");
      expect(first.err).toMatch(
        /^Bringing nodemcu\.bin \(\d+ bytes\) to s3:\/\/my\.bucket\/firmware\/esp32-jobs\/2\.0\.0-esp32-[0-9a-f]{16}\.bin\n/,
      );
      expect(first.code).toBe(0);
      const { job } = (await json("job", "show", "on-aws")) as { job: { presignedUrlConfig: unknown } };
      expect(job.presignedUrlConfig).toMatchObject({ roleArn: role });
      const url = String((await documentOf("on-aws"))["url"]);
      const [, key = ""] = /^\$\{aws:iot:s3-presigned-url:https:\/\/s3\.us-east-1\.amazonaws\.com\/my\.bucket\/(.*)\}$/.exec(url) ?? [];
      const { https = "", ca = "" } = up.address;
      const caller = callerOf({ urls: { https }, ca: readFileSync(ca, "utf8") });
      const stored = await caller.call("GET", `/objects/my.bucket/${key}`);
      caller.end();
      expect(stored.bytes.equals(readFileSync(join(build, "nodemcu.bin")))).toBe(true);
      expect((await aws.run(...create, "--bucket", "my.bucket")).err).toMatch(/^nodemcu\.bin is at s3:\/\/my\.bucket\/\S+ already\n$/);
    });

    test("nothing is stored for a thing that is not there", { timeout: 30_000 }, async () => {
      const { code, err } = await aws.run(
        "job",
        "create",
        "--thing",
        "nobody",
        "--aws",
        "--ota",
        manifest,
        "--role",
        role,
        "--bucket",
        "unused",
      );
      expect(code).toBe(1);
      expect(err).not.toContain("Bringing");
      expect(err).toMatch(/nobody/);
    });

    test("says which configuration is missing", { timeout: 60_000 }, async () => {
      const bare = openCommandLine({
        AWS_REGION: undefined,
        AWS_DEFAULT_REGION: undefined,
        AWS_CONFIG_FILE: "/nowhere",
        AWS_PROFILE: undefined,
      });
      try {
        expect(await bare.run(...create, "--url", "s3://my-bucket/k")).toMatchObject({
          code: 2,
          err: expect.stringContaining("no AWS region is set") as string,
        });
      } finally {
        bare.close();
      }
    });
  });
});

describe("no job is made", { timeout: 60_000 }, () => {
  const broken = (change: (image: Buffer) => Buffer): string => {
    const folder = makeBuild({ version: "2.0.0" });
    const image = join(folder, "nodemcu.bin");
    writeFileSync(image, change(readFileSync(image)));
    return join(folder, "manifest.json");
  };
  const ofManifest = (fields: Record<string, unknown>): string =>
    join(makeBuild({ change: (files) => (files["manifest.json"] = manifestOf(files["nodemcu.bin"] as Buffer, fields)) }), "manifest.json");

  test.each([
    [
      "of a cut image",
      ["--ota", broken((image) => image.subarray(0, -1))],
      /nodemcu\.bin is not the image .*: it has \d+ bytes instead of \d+; build again/,
    ],
    ["of a padded image", ["--ota", broken((image) => Buffer.concat([image, Buffer.alloc(1)]))], /is not the image .*: it has \d+ bytes/],
    [
      "of another image than was built",
      ["--ota", broken((image) => Buffer.from(image).fill(1, 60_000, 60_001))],
      /is not the image .*: its MD5 differs/,
    ],
    [
      "of an image for another chip",
      ["--ota", ofManifest({ chip: "esp32c3" })],
      /nodemcu\.bin is for the ESP32, and manifest\.json for the ESP32-C3/,
    ],
    ["of an image of another project", ["--ota", ofManifest({ project: "blinky" })], /its project is esp32-jobs instead of blinky/],
    ["of an image of another version", ["--ota", ofManifest({ version: "9.9.9" })], /its version is 1\.2\.3 instead of 9\.9\.9/],
  ])("%s", async (_, words, sentence) => {
    const { code, err } = await run("job", "create", ...words);
    expect(err).toMatch(sentence);
    expect(code).toBe(1);
  });

  test.each([
    ["of a manifest without its image", ["--ota", ofManifest({ image: "gone.bin" })], /gone\.bin" cannot be read: it is not there/],
    ["of a manifest that is not there", ["--ota", "/no/such/manifest.json"], /manifest\.json" cannot be read: it is not there/],
    ["of a folder", ["--ota", build], /cannot be read: it is a folder/],
    ["of a manifest and a document", ["describe", "--ota", manifest], /say what the job is: a document such as .*, or --ota with/],
    ["of nothing", [], /say what the job is/],
    ["of a bucket for a document", ["describe", "--bucket", "b"], /--url and --bucket say where the image of --ota is/],
    ["of an address that boards cannot fetch", ["--ota", manifest, "--url", "ftp://example.com/a"], /must begin with https:/],
    ["of a bucket without a role that reads it", ["--ota", manifest, "--url", "s3://bucket/k"], /name with --role the ARN/],
    [
      "of a role that is none",
      ["--ota", manifest, "--url", "s3://bucket/k", "--role", "reader"],
      /--role must be an ARN such as .*, and is "reader"/,
    ],
    ["of a bucket with no name of one", ["--ota", manifest, "--bucket", "My_Bucket", "--role", role], /"My_Bucket" is no name of a bucket/],
    [
      "of an image here and there",
      ["--ota", manifest, "--bucket", "bucket", "--url", "s3://bucket/k", "--role", role],
      /give one of the two/,
    ],
    ["on AWS without a bucket", ["--ota", manifest, "--aws"], /name with --bucket the bucket/],
  ])("%s", async (_, words, sentence) => {
    const { code, err } = await run("job", "create", ...words);
    expect(err).toMatch(sentence);
    expect(code).toBe(2);
  });
});
