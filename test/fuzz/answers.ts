/** How the service answers a request of the device: DescribeJobExecution and UpdateJobExecution. */
import type { JsonObject } from "../../src/ports";
import { isOpen, jsonOf, type Execution, type Service } from "./service";

/** The last part of the topic, and members of the body. */
type Answer = readonly ["accepted" | "rejected", string];

const rejected = (code: string, more = ""): Answer => ["rejected", `,"code":"${code}","message":"m"${more}`];
const accepted = (more = ""): Answer => ["accepted", more];

/** Topic and payload of the answer to a request. A busy service refuses all. */
export function answer(service: Service, busy: string | undefined, topic: string, body: JsonObject): readonly [string, string] {
  const [verdict, members] = busy === undefined ? decide(service, topic, body) : rejected(busy);
  return [`${topic}/${verdict}`, `{"clientToken":"${body["clientToken"] as string}","timestamp":1${members}}`];
}

function decide(service: Service, topic: string, body: JsonObject): Answer {
  const [jobId = "", verb] = topic.split("/");
  const all = service.executions.filter((execution) => execution.jobId === jobId && !execution.isRemoved);
  if (verb === "get") return describe(jobId === "$next" ? service.pending()[0] : all.at(-1), jobId, body);
  const execution = all.find(({ executionNumber }) => executionNumber === body["executionNumber"]);
  if (execution === undefined) return rejected("ResourceNotFound");
  const status = body["status"] as string;
  if (!isOpen(execution) || (execution.status === "IN_PROGRESS" && status === "REJECTED"))
    return rejected("InvalidStateTransition", `,"executionState":{"status":"${execution.status}","versionNumber":1}`);
  service.update(execution, status, (body["statusDetails"] ?? {}) as Record<string, string>);
  return accepted();
}

function describe(execution: Execution | undefined, jobId: string, body: JsonObject): Answer {
  if (jobId === "$next" && execution === undefined) return accepted();
  if (execution === undefined) return rejected("ResourceNotFound");
  if (!isOpen(execution)) return rejected("TerminalStateReached");
  return accepted(`,"execution":${jsonOf(execution, body["includeJobDocument"] !== false)}`);
}
