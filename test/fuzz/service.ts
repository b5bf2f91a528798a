/** AWS IoT Jobs as one device sees it, as small as it can be: executions, and the order in which they are pending. */
import type { VirtualTime } from "../../tools/time";
import { execution as executionJson } from "../spec/virtual-agent";
import type { Chance } from "./chance";
import { documentOf, type Work } from "./work";

/** What a job has besides its work. */
export interface Job extends Work {
  /** The service ends an execution that is in progress for longer, and then perhaps tries again. */
  readonly timeoutSeconds: number | undefined;
}

export interface Execution {
  readonly jobId: string;
  readonly executionNumber: number;
  readonly queuedAt: number;
  readonly job: Job;
  /** Of its work; no other execution has it. */
  readonly id: string;
  status: string;
  statusDetails: Readonly<Record<string, string>>;
  wasClaimed: boolean;
  /** When an operator or a timeout ended it. */
  withdrawnMs: number | undefined;
  /** Its job was deleted: nobody can ask for it any more. */
  isRemoved: boolean;
}

export interface Service {
  readonly executions: readonly Execution[];
  create(jobId: string, job: Job): void;
  cancel(execution: Execution): void;
  /** Deletes the job; false where it was created in this second, since recreated now it would look the same. */
  remove(jobId: string): boolean;
  /** In the order of the pending list. */
  pending(): Execution[];
  /** The device says how an execution goes. */
  update(execution: Execution, status: string, statusDetails: Execution["statusDetails"]): void;
}

const mostAttempts = 3;

/** A service without jobs. `send` takes what goes to the device. */
export function createService(
  time: VirtualTime,
  chance: Chance,
  send: (topic: string, payload: string) => void,
  note: (line: string) => void,
): Service {
  const executions: Execution[] = [];
  let announced: Execution | undefined;
  const seconds = (): number => 1_700_000_000 + Math.floor(time.now() / 1000);

  function add(jobId: string, executionNumber: number, job: Job): void {
    const id = `${jobId}.${executionNumber}.${executions.length}`;
    const fresh = { status: "QUEUED", statusDetails: {}, wasClaimed: false, withdrawnMs: undefined, isRemoved: false };
    executions.push({ jobId, executionNumber, queuedAt: seconds(), job, id, ...fresh });
    note(`service: ${id} queued: ${documentOf(id, job)}`);
    announce();
  }

  function announce(): void {
    const head = service.pending()[0];
    if (head === announced) return;
    announced = head;
    send("notify-next", head === undefined ? '{"timestamp":1}' : `{"timestamp":1,"execution":${jsonOf(head)}}`);
  }

  function withdraw(execution: Execution, status: string): void {
    execution.status = status;
    execution.withdrawnMs = time.now();
    note(`service: ${execution.id} ${status}`);
  }

  function retry({ jobId, executionNumber, job }: Execution): void {
    if (executionNumber < mostAttempts) add(jobId, executionNumber + 1, job);
  }

  function timeOut(execution: Execution): void {
    if (execution.status !== "IN_PROGRESS") return;
    withdraw(execution, "TIMED_OUT");
    announce();
    if (chance.oneIn(2)) retry(execution);
  }

  const service: Service = {
    executions,
    create: (jobId, job) => add(jobId, 1, job),
    cancel(execution) {
      withdraw(execution, "CANCELED");
      announce();
    },
    remove(jobId) {
      const all = executions.filter((execution) => execution.jobId === jobId && !execution.isRemoved);
      if (all.some(({ queuedAt }) => queuedAt === seconds())) return false;
      for (const execution of all) {
        if (isOpen(execution)) withdraw(execution, "DELETED");
        execution.isRemoved = true;
      }
      announce();
      return true;
    },
    pending: () => [
      ...executions.filter(({ status }) => status === "IN_PROGRESS"),
      ...executions.filter(({ status }) => status === "QUEUED"),
    ],
    update(execution, status, statusDetails) {
      execution.status = status;
      execution.statusDetails = statusDetails;
      const { timeoutSeconds } = execution.job;
      if (status === "IN_PROGRESS" && !execution.wasClaimed) {
        execution.wasClaimed = true;
        if (timeoutSeconds !== undefined) time.after(timeoutSeconds * 1000, () => timeOut(execution));
      }
      announce();
      if (status === "FAILED" && chance.oneIn(3)) retry(execution);
    },
  };
  return service;
}

/** An execution in the words of the service. */
export function jsonOf({ jobId, job, id, status, queuedAt, executionNumber }: Execution, hasDocument = true): string {
  const json = executionJson(jobId, documentOf(id, job), status, String(queuedAt), String(executionNumber));
  return hasDocument ? json : json.replace(/,"jobDocument":.*}$/, "}");
}

/** Whether it is the device's turn. */
export function isOpen({ status }: Execution): boolean {
  return status === "QUEUED" || status === "IN_PROGRESS";
}
