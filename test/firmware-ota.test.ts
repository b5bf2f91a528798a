/** From a build to boards over the air: the manifest is all that a person names. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agentBundle } from "../tools/bundle/targets";
import { firstLine, openCommandLine, startUp } from "./surroundings/command-line";
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

describe("with a service and its board", () => {
  beforeAll(async () => {
    await startUp(line);
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

  test("a signature in the manifest goes into the document, and a bucket's object becomes a placeholder", { timeout: 30_000 }, async () => {
    const signed = makeBuild({
      version: "3.0.0",
      change: (files) => (files["manifest.json"] = manifestOf(files["nodemcu.bin"] as Buffer, { version: "3.0.0", signature: "MEUCIQ==" })),
    });
    const url = "s3://my-bucket/firmware/3.0.0.bin";
    await json(
      "job",
      "create",
      "--ota",
      join(signed, "manifest.json"),
      "--url",
      url,
      "--role",
      role,
      "--thing",
      "shelf-01",
      "--id",
      "signed",
    );
    expect(await documentOf("signed")).toMatchObject({
      signature: "MEUCIQ==",
      url: "${aws:iot:s3-presigned-url:https://s3.us-east-1.amazonaws.com/my-bucket/firmware/3.0.0.bin}",
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
  const otherChip = makeBuild({
    change: (files) => (files["manifest.json"] = manifestOf(files["nodemcu.bin"] as Buffer, { chip: "esp32c3" })),
  });

  test.each([
    ["of a cut image", ["--ota", broken((image) => image.subarray(0, -1))], /nodemcu\.bin is not the image that .* describes: build again/],
    ["of a padded image", ["--ota", broken((image) => Buffer.concat([image, Buffer.alloc(1)]))], /is not the image/],
    [
      "of an image for another chip",
      ["--ota", join(otherChip, "manifest.json")],
      /no sound image for the ESP32-C3: image is for another chip/,
    ],
    ["of a manifest that is not there", ["--ota", "/no/such/manifest.json"], /manifest\.json" cannot be read: ENOENT/],
    ["of a manifest and a document", ["describe", "--ota", manifest], /say what the job is: a document, or --ota MANIFEST/],
    ["of nothing", [], /say what the job is/],
    ["of an address that boards cannot fetch", ["--ota", manifest, "--url", "ftp://example.com/a"], /must begin with https:/],
    [
      "of a bucket whose region is not known",
      ["--ota", manifest, "--url", "s3://b/k", "--role", role, "--aws"],
      /name the region of the bucket/,
    ],
    ["of a bucket without a role that reads it", ["--ota", manifest, "--url", "s3://b/k"], /name with --role the ARN/],
    [
      "on AWS before the image is in a bucket",
      ["--ota", manifest, "--aws", "--bucket", "b", "--role", role],
      new RegExp(
        `aws s3 cp ${build}/nodemcu.bin s3://b/(firmware/esp32-jobs-2.0.0-esp32-[0-9a-f]{12}.bin) .* --url s3://b/\\1 --role ${role}`,
      ),
    ],
  ])("%s", async (_, words, sentence) => {
    const { code, err } = await run("job", "create", ...words);
    expect(err).toMatch(sentence);
    expect(code).toBe(2);
  });
});
