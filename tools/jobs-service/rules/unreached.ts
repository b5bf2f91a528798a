/** The things that a job's rollout has yet to reach. */
import { saveUnreached } from "./saved";
import type { Job } from "./store";
import type { Turn } from "./turn";

/** Takes a thing out of the rollout. */
export function dropFromRollout(turn: Turn, job: Job, thingName: string): void {
  if (job.unreached.delete(thingName)) saveUnreached(turn, job);
}

/** The job has ended or is deleted: it goes to no further thing and nothing of it is due. What still runs does so on its own. */
export function retire(turn: Turn, job: Job): void {
  job.nextEdgeMs = undefined;
  stopRollout(turn, job);
}

/** Ends the rollout where it stands. To be followed by saveJob, unless the job is deleted. */
export function stopRollout(turn: Turn, job: Job): void {
  job.isRolloutStopped = true;
  job.nextBatchMs = undefined;
  turn.store.deadlines.update(job);
  if (job.unreached.size === 0) return;
  job.unreached.clear();
  saveUnreached(turn, job);
}
