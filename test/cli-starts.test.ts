/** The ways into the service that its page promises, tried as they are printed there; and what is found again after the end. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { root } from "../tools/bundle/targets";
import { openCommandLine, startUp, type CommandLine } from "./surroundings/command-line";

const patience = { timeout: 60_000 };
const page = readFileSync(join(root, "docs/jobs-service.md"), "utf8");
const own = `'${process.execPath}' '${join(root, "tools/cli/bin.mjs")}'`;

let line: CommandLine;
afterEach(() => line.close());

/** The block of code that follows a bold heading on the page. */
function start(heading: string): string {
  const code = new RegExp(`\\*\\*${heading}\\*\\*[^]*?\n\`\`\`\\w+\n([^]*?)\`\`\``).exec(page)?.[1];
  if (code === undefined) throw new Error(`the page has no start for ${heading}`);
  return code;
}

/** AWS_ENDPOINT_URL is read by 1.29, by 2.13, and by what came after. */
function hasAwsCli(): boolean {
  const version = /^aws-cli\/(\d+)\.(\d+)/.exec(spawnSync("aws", ["--version"], { encoding: "utf8" }).stdout ?? "");
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  return (major === 1 && minor >= 29) || (major === 2 && minor >= 13);
}

const awsCli = hasAwsCli();
if (!awsCli) process.stderr.write("The AWS CLI (1.29, 2.13 or newer) is not here: its start is not tried.\n");

test.runIf(awsCli)("the AWS CLI creates a job and sees it", patience, async () => {
  line = openCommandLine();
  await startUp(line, "--no-board");
  const script = start("The AWS CLI").replaceAll("npx esp32-jobs", own);
  const out = execFileSync("bash", ["-e", "-c", script], {
    cwd: line.dir,
    env: { ...process.env, ESP32_JOBS_DIR: join(line.dir, "place"), AWS_PAGER: "" },
    encoding: "utf8",
  });
  expect(out).toContain('"thingName": "lamp-07"');
  expect(out).toMatch(/"executionSummaries": \[\s+\{[^]*"status": "QUEUED"/);
});

test("the AWS SDK for JavaScript creates a job", patience, async () => {
  line = openCommandLine();
  await startUp(line, "--no-board");
  const env = { ...process.env, ...((await line.json("env")) as Record<string, string>) };
  // Beside the installed packages, so that the SDK is found.
  mkdirSync(join(root, "build"), { recursive: true });
  const script = join(root, "build/start-javascript.mjs");
  writeFileSync(script, start("The AWS SDK for JavaScript"));
  execFileSync(process.execPath, [script], { env });
  expect(await line.json("job", "show", "hello-2")).toMatchObject({ executions: [{ thingName: "lamp-08", status: "QUEUED" }] });
});

test("a command runs beside the service, finds it, and its exit code counts", patience, async () => {
  line = openCommandLine();
  const ports = ["--mqtt-port", "0", "--mqtts-port", "0", "--https-port", "0", "--no-board"];
  const reachesIt = `require("node:https").get(process.env.AWS_ENDPOINT_URL + "/things", (answer) => {
    console.log(answer.statusCode);
    process.exit(7);
  })`;
  expect(await line.run("up", ...ports, "--", process.execPath, "-e", reachesIt)).toMatchObject({ code: 7, out: "200\n" });
  expect(await line.run("up", ...ports, "--", "/no/such/program")).toMatchObject({
    code: 1,
    err: expect.stringContaining('"/no/such/program" cannot be started') as string,
  });
  expect((await line.run("job", "list")).err).toMatch(/no Jobs service is running/);
});

test("with --data a service that was killed knows its things, certificates, jobs and objects again", patience, async () => {
  line = openCommandLine();
  const { up } = await startUp(line, "--no-board", "--data", "kept");
  await line.json("provision", "lamp-09");
  await line.json("job", "create", "blink", "--thing", "lamp-09", "--id", "stays");
  writeFileSync(join(line.dir, "image.bin"), "firmware");
  await line.json("object", "put", "image.bin");
  const key = readFileSync(join(line.dir, "lamp-09/key.pem"), "utf8");
  const gone = new Promise((resolve) => up.once("close", resolve));
  up.kill("SIGKILL");
  await gone;

  const { address } = await startUp(line, "--no-board", "--data", "kept");
  expect(await line.json("job", "show", "stays")).toMatchObject({ executions: [{ thingName: "lamp-09", status: "QUEUED" }] });
  await line.json("provision", "lamp-09");
  expect(readFileSync(join(line.dir, "lamp-09/key.pem"), "utf8")).toBe(key);
  const object = `require("node:https").get("${address["https"]}/objects/image.bin", (answer) => answer.pipe(process.stdout))`;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: address["ca"] };
  expect(execFileSync(process.execPath, ["-e", object], { env, encoding: "utf8" })).toBe("firmware");
  expect(await line.run("up", "--dir", "other", "--data", "kept", "--no-board")).toMatchObject({
    code: 1,
    err: expect.stringContaining("kept") as string,
  });
});
