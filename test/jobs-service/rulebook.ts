/** A rulebook on a virtual clock with one thing, and short ways to ask it. */
import type { Choices } from "../../tools/jobs-service/choices";
import type { JobInput, Message, Rules, RulesOptions } from "../../tools/jobs-service/rules";
import { timedRules } from "../../tools/jobs-service/timed-rules";
import { VirtualTime } from "../../tools/time";

export const thing = "lamp-01";

export interface Rulebook {
  readonly rules: Rules;
  readonly time: VirtualTime;
  create(jobId: string, more?: Partial<JobInput>): void;
  /** Sends a request and gives the reply's payload with its verdict; notifications go where all others go. */
  ask(suffix: string, body?: unknown): Record<string, unknown>;
  /** What was said unasked since the last look, in short: `notify a*,b` (running ones with a star) and `notify-next a`. */
  heard(): string[];
  /** The same, as it was sent. */
  said: Message[];
  status(jobId: string): string;
}

export function openRulebook(choices: Partial<Choices> = {}, more: Partial<RulesOptions> = {}): Rulebook {
  const time = new VirtualTime(1_700_000_000_000);
  const said: Message[] = [];
  let signed = 0;
  const { rules } = timedRules(time, {
    deliver: (messages) => said.push(...messages),
    choices,
    presign: (url) => `${url}?signature=${++signed}`,
    ...more,
  });
  rules.createThing(thing);
  return {
    rules,
    time,
    said,
    create(jobId, more = {}) {
      rules.createJob({ jobId, targets: [rules.thingArn(thing)], document: '{"action":"blink"}', ...more });
    },
    ask(suffix, body = {}) {
      const payload = typeof body === "string" ? Buffer.from(body) : body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
      const { reply, notifications } = rules.request(thing, suffix, payload);
      said.push(...notifications);
      const verdict = reply.topic.slice(reply.topic.lastIndexOf("/") + 1);
      return { verdict, ...(JSON.parse(reply.payload) as object) };
    },
    heard: () =>
      said.splice(0).map(({ topic, payload }) => {
        const name = topic.slice(`$aws/things/${thing}/jobs/`.length);
        const { jobs, execution } = JSON.parse(payload) as { jobs?: Record<string, { jobId: string }[]>; execution?: { jobId: string } };
        if (jobs === undefined) return `${name} ${execution?.jobId ?? "nothing"}`;
        const running = (jobs["IN_PROGRESS"] ?? []).map(({ jobId }) => `${jobId}*`);
        return `${name} ${[...running, ...(jobs["QUEUED"] ?? []).map(({ jobId }) => jobId)].join(",")}`;
      }),
    status: (jobId) => rules.describeExecution(thing, jobId).status,
  };
}
