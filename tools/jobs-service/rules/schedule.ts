/** The schedule of a job as AWS reads it: when it starts, when its maintenance windows are open, when it ends. Pure dates, in UTC. */
import type { Recurrence } from "./cron";
import { readCron } from "./cron";
import type { Fields } from "./input-checks";
import { integer, invalid, list, oneOf, refusal, section, text } from "./input-checks";

export interface SchedulingConfig {
  readonly startTime?: string;
  readonly endTime?: string;
  readonly endBehavior?: "STOP_ROLLOUT" | "CANCEL" | "FORCE_CANCEL";
  readonly maintenanceWindows?: readonly MaintenanceWindow[];
}

export interface MaintenanceWindow {
  /** A cron expression, `cron(...)`. */
  readonly startTime: string;
  readonly durationInMinutes: number;
}

const msPerMinute = 60_000;
const leastMs = 30 * msPerMinute;
const maxWindows = 10;
const rolloutsShown = 7;

/** Reads and checks `schedulingConfig`. The limits of its times are the API reference's (SchedulingConfig). */
export function readSchedule(fields: Fields, nowMs: number): SchedulingConfig | undefined {
  const config = section(fields, "schedulingConfig");
  if (config === undefined) return undefined;
  const startTime = text(config, "startTime", 1, 64);
  const endTime = text(config, "endTime", 1, 64);
  const behaviour = config["endBehavior"] ?? undefined;
  const endBehavior =
    behaviour === undefined ? undefined : oneOf(behaviour, "endBehavior", ["STOP_ROLLOUT", "CANCEL", "FORCE_CANCEL"] as const);
  const startMs = moment(startTime, "startTime");
  const endMs = moment(endTime, "endTime");
  if (startMs !== undefined && startMs < nowMs + leastMs) throw refusal("startTime must be at least thirty minutes from now");
  if (startMs !== undefined && startMs > yearsLater(nowMs, 1)) throw refusal("startTime must be at most one year from now");
  if (endMs !== undefined && endMs < (startMs ?? nowMs) + leastMs)
    throw refusal("endTime must be at least thirty minutes after startTime and now");
  if (endMs !== undefined && endMs > yearsLater(startMs ?? nowMs, 2)) throw refusal("endTime must be at most two years after startTime");
  const windows = readMaintenanceWindows(config);
  const schedule: SchedulingConfig = {
    ...(startTime !== undefined && { startTime }),
    ...(endTime !== undefined && { endTime }),
    ...(endBehavior !== undefined && { endBehavior }),
    ...(windows !== undefined && windows.length > 0 && { maintenanceWindows: windows }),
  };
  if (!isOpen(schedule, startMs ?? nowMs) && nextOpening(schedule, startMs ?? nowMs) === undefined) {
    throw refusal("no maintenance window lies within the schedule");
  }
  return schedule;
}

/** Reads and checks `maintenanceWindows`, which job templates have too. */
export function readMaintenanceWindows(fields: Fields): readonly MaintenanceWindow[] | undefined {
  return list(fields, "maintenanceWindows", maxWindows)?.map(readWindow);
}

function readWindow(item: unknown): MaintenanceWindow {
  const fields = section({ maintenanceWindow: item }, "maintenanceWindow") ?? {};
  const startTime = text(fields, "startTime", 1, 256);
  if (startTime === undefined) throw invalid(undefined, "maintenanceWindows.startTime", "Member must not be null");
  const cron = readCron(startTime);
  if (typeof cron === "string") throw refusal(`The start of the maintenance window, ${startTime}, is no cron expression: ${cron}`);
  return { startTime, durationInMinutes: integer(fields, "durationInMinutes", 1, 1430, true) ?? 1 };
}

/** `YYYY-MM-DD HH:MM`; with the T, the seconds and the Z of ISO 8601 too, as the AWS CLI sends what it calls a timestamp. */
function moment(value: string | undefined, name: string): number | undefined {
  if (value === undefined) return undefined;
  const parts = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d(\.\d{1,3})?)?Z?$/.exec(value);
  const text = `${parts?.[1] ?? ""}T${parts?.[2] ?? ""}${parts?.[3] ?? ":00"}Z`;
  const ms = Date.parse(text);
  // A date that rolls over, such as the 31st of February, is none.
  if (parts === null || Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text.slice(0, 10))) {
    throw invalid(value, name, "Member must be YYYY-MM-DD HH:MM");
  }
  return ms;
}

function yearsLater(ms: number, years: number): number {
  const date = new Date(ms);
  return date.setUTCFullYear(date.getUTCFullYear() + years);
}

/** When the job's rollout may begin, undefined for at once. */
export function startMs({ startTime }: SchedulingConfig): number | undefined {
  return moment(startTime, "startTime");
}

/** When its endBehavior is due. */
export function endMs({ endTime }: SchedulingConfig): number | undefined {
  return moment(endTime, "endTime");
}

interface Window {
  readonly starts: Recurrence;
  readonly lengthMs: number;
}

/** Reading an expression is costly beside asking it. */
const windowsRead = new WeakMap<SchedulingConfig, readonly Window[]>();

function windowsOf(schedule: SchedulingConfig): readonly Window[] {
  let windows = windowsRead.get(schedule);
  if (windows === undefined) {
    windows = (schedule.maintenanceWindows ?? []).flatMap(({ startTime, durationInMinutes }) => {
      const starts = readCron(startTime);
      return typeof starts === "string" ? [] : [{ starts, lengthMs: durationInMinutes * msPerMinute }];
    });
    windowsRead.set(schedule, windows);
  }
  return windows;
}

function closing({ starts, lengthMs }: Window, ms: number): number | undefined {
  const opened = starts.upTo(ms);
  return opened !== undefined && ms < opened + lengthMs ? opened + lengthMs : undefined;
}

/** Whether a maintenance window is open; always so for a job that has none. */
export function isOpen(schedule: SchedulingConfig, ms: number): boolean {
  const windows = windowsOf(schedule);
  return windows.length === 0 || windows.some((window) => closing(window, ms) !== undefined);
}

/** When the next window opens, after this moment and before the end of the schedule. */
export function nextOpening(schedule: SchedulingConfig, ms: number): number | undefined {
  const next = earliest(windowsOf(schedule).map(({ starts }) => starts.after(ms)));
  return next === undefined || next >= (endMs(schedule) ?? Infinity) ? undefined : next;
}

/** When a window opens or closes next. Windows may overlap: what is open may stay so. */
export function nextEdge(schedule: SchedulingConfig, ms: number): number | undefined {
  return earliest(windowsOf(schedule).map((window) => closing(window, ms) ?? window.starts.after(ms)));
}

export function earliest(moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** ScheduledJobRollout: the next seven openings, in the form of `startTime`. */
export function nextRollouts(schedule: SchedulingConfig, ms: number): { startTime: string }[] {
  const rollouts: { startTime: string }[] = [];
  const first = Math.max(ms, (startMs(schedule) ?? ms) - 1);
  for (let at = nextOpening(schedule, first); at !== undefined && rollouts.length < rolloutsShown; at = nextOpening(schedule, at)) {
    rollouts.push({ startTime: new Date(at).toISOString().slice(0, 16).replace("T", " ") });
  }
  return rollouts;
}
