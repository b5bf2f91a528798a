import { waitFor, type Task } from "../../src/portable/task";
import { equal, ok, show } from "../spec/spec";
import { download, inTime, longEnough, type Contract, type Download, type Subject } from "./contract";
import { everyByte } from "./hashes";

function failed(got: Download): void {
  ok(got.end.kind === "failed" && got.end.reason.length > 0, `it ended ${show(got.end)}`);
  equal(got.order, ["end"]);
  equal(got.wasSynchronous, false);
}

/** Every byte was right: the server sends each of them in turn, 256 of them `rounds` times. */
function isWhole({ hashes }: Subject, got: Download, rounds: number): void {
  const md5 = hashes.start("md5");
  for (let round = 0; round < rounds; round++) md5.update(everyByte());
  equal([got.receivedBytes, got.md5], [rounds * 256, md5.hex()]);
}

/** Where in a download it is cancelled. */
type Moment = "at once" | "headers" | "data" | "end";

/** Everything that is told once `cancel` was called. */
function* toldAfterCancel(subject: Subject, path: string, moment: Moment): Task<string[]> {
  const told: string[] = [];
  let isCancelled = false;
  yield* waitFor<undefined>((resume) => {
    const at = (now: Moment): void => {
      if (isCancelled) told.push(now);
      if (now !== moment || isCancelled) return;
      isCancelled = true;
      cancel();
      cancel();
      subject.clock.after(1, () => resume(undefined));
    };
    const cancel = subject.http.get(`${subject.web}${path}`, {
      headers: () => at("headers"),
      data: () => at("data"),
      end: () => at("end"),
    });
    at("at once");
    return cancel;
  });
  yield* longEnough(subject.clock);
  return told;
}

/** What downloads owe. */
export const httpContracts: readonly Contract[] = [
  inTime(
    "a download tells status and size, then the bytes, then the end, and nothing before `get` returns",
    function* (subject): Task<void> {
      const got = yield* download(subject, `${subject.web}/bytes`);
      equal(got.order, ["headers", "data", "end"]);
      equal([got.status, got.sizeBytes], [200, 1024]);
      equal(got.location, undefined);
      equal(got.end, { kind: "complete" });
      equal(got.wasSynchronous, false);
      isWhole(subject, got, 4);
    },
  ),
  inTime("a large download arrives whole", function* (subject): Task<void> {
    const got = yield* download(subject, `${subject.web}/large`);
    equal(got.sizeBytes, 262144);
    isWhole(subject, got, 1024);
    equal(got.end, { kind: "complete" });
  }),
  inTime("a download without an announced size has none", function* (subject): Task<void> {
    const got = yield* download(subject, `${subject.web}/unsized`);
    equal(got.status, 200);
    equal(got.sizeBytes, undefined);
    equal(got.beginning, "onetwothree");
    equal(got.end, { kind: "complete" });
  }),
  inTime("an empty body has no data", function* (subject): Task<void> {
    const got = yield* download(subject, `${subject.web}/empty`);
    equal(got.order, ["headers", "end"]);
    equal(got.sizeBytes, 0);
    equal(got.end, { kind: "complete" });
  }),
  inTime("an error of the server arrives as its status", function* (subject): Task<void> {
    const got = yield* download(subject, `${subject.web}/missing`);
    equal(got.status, 404);
    equal(got.end, { kind: "complete" });
  }),
  inTime("a redirect is told and not followed", function* (subject): Task<void> {
    const got = yield* download(subject, `${subject.web}/moved`);
    equal(got.status, 302);
    equal(got.location, `${subject.web}/bytes`);
    equal(got.end, { kind: "complete" });
  }),
  inTime("a body that ends early is failed, or shorter than announced", function* (subject): Task<void> {
    const got = yield* download(subject, `${subject.web}/cut`);
    equal([got.status, got.sizeBytes], [200, 1024]);
    ok(got.end.kind === "failed" || got.receivedBytes < 1024, "it looks whole");
  }),
  inTime("a server that does not listen is a failure", function* (subject): Task<void> {
    failed(yield* download(subject, `${subject.deadWeb}/bytes`));
  }),
  inTime("a server that hangs up without an answer is a failure", function* (subject): Task<void> {
    failed(yield* download(subject, `${subject.web}/hang-up`));
  }),
  inTime("30 s without an answer are a failure", function* (subject): Task<void> {
    failed(yield* download(subject, `${subject.web}/silent`));
  }),
  inTime("30 s without data inside a body are a failure", function* (subject): Task<void> {
    const got = yield* download(subject, `${subject.web}/stuck`);
    equal(got.order, ["headers", "data", "end"]);
    equal(got.end.kind, "failed");
  }),
  inTime("a body that comes slowly, but never pauses for 30 s, is whole", function* (subject): Task<void> {
    const got = yield* download(subject, `${subject.web}/slow`);
    equal(got.end, { kind: "complete" });
    isWhole(subject, got, 4);
  }),
  inTime("the longest URL that the platform names can be sent", function* (subject): Task<void> {
    const path = `${subject.web}/long?`;
    const query = "x".repeat(subject.http.maxUrlBytes - path.length);
    const got = yield* download(subject, path + query);
    const md5 = subject.hashes.start("md5");
    md5.update(query);
    equal([got.status, got.md5], [200, md5.hex()]);
  }),
  inTime("a longer URL is a failure", function* (subject): Task<void> {
    const path = `${subject.web}/long?`;
    failed(yield* download(subject, path + "x".repeat(subject.http.maxUrlBytes + 1 - path.length)));
  }),
  inTime("a URL that is none is a failure", function* (subject): Task<void> {
    for (const url of ["", "bytes", "http://", "ftp://127.0.0.1/bytes"]) failed(yield* download(subject, url));
  }),
  inTime("a server with a certificate from a known root is trusted", function* (subject): Task<void> {
    const got = yield* download(subject, `${subject.trustedWeb}/bytes`);
    equal(got.status, 200);
    isWhole(subject, got, 4);
  }),
  inTime("a server with a certificate from another root is not", function* (subject): Task<void> {
    failed(yield* download(subject, `${subject.strangeWeb}/bytes`));
  }),
  inTime("a download that is cancelled tells nothing more, whenever that is", function* (subject): Task<void> {
    equal(yield* toldAfterCancel(subject, "/large", "at once"), []);
    equal(yield* toldAfterCancel(subject, "/large", "headers"), []);
    equal(yield* toldAfterCancel(subject, "/large", "data"), []);
    equal(yield* toldAfterCancel(subject, "/bytes", "end"), []);
  }),
  inTime("after a cancelled download the next one works", function* (subject): Task<void> {
    const got = yield* download(subject, `${subject.web}/bytes`);
    equal(got.end, { kind: "complete" });
  }),
];
