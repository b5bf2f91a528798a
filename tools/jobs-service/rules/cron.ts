/**
 * AWS's cron expressions: `cron(minutes hours day-of-month month day-of-week year)`, in UTC, with 1 for Sunday
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html, the dialect of all of AWS). They are checked here,
 * strictly, and then translated for the library that knows calendars.
 */
import { Cron } from "croner";

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** The name of the value `min`, of the one after it, ... */
  readonly names?: readonly string[];
  /** What else may stand for an item of the list. */
  readonly special?: RegExp;
}

const dayOfMonth: Field = { name: "day-of-month", min: 1, max: 31, special: /^(L|LW|([1-9]|[12]\d|3[01])W)$/ };
const dayOfWeek: Field = {
  name: "day-of-week",
  min: 1,
  max: 7,
  names: weekdays,
  special: /^(L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))$/,
};
const fields: readonly Field[] = [
  { name: "minutes", min: 0, max: 59 },
  { name: "hours", min: 0, max: 23 },
  dayOfMonth,
  { name: "month", min: 1, max: 12, names: months },
  dayOfWeek,
  { name: "year", min: 1970, max: 2199 },
];

/** When something happens again and again. */
export interface Recurrence {
  /** The first moment after this one, epoch milliseconds; undefined when there is none. */
  after(ms: number): number | undefined;
  /** The last moment up to this one, itself included. */
  upTo(ms: number): number | undefined;
}

/** Reads an expression; a string says what is wrong with it. */
export function readCron(expression: string): Recurrence | string {
  const parts = /^cron\((.*)\)$/.exec(expression)?.[1]?.trim().split(/\s+/);
  if (parts?.length !== fields.length) return "it must be cron(minutes hours day-of-month month day-of-week year)";
  const translated: string[] = [];
  for (const [index, field] of fields.entries()) {
    const part = (parts[index] ?? "").toUpperCase();
    const ours = translate(part, field);
    if (ours === undefined) return `'${part}' is no ${field.name}`;
    translated.push(ours);
  }
  // Both at once has no meaning in AWS: one of them must be left open with a question mark.
  if ((parts[2] === "?") === (parts[4] === "?")) return "one of day-of-month and day-of-week must be ?, and only one";
  try {
    return recurrence(new Cron(`0 ${translated.join(" ")}`, { mode: "7-part", alternativeWeekdays: true, timezone: "UTC", paused: true }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function recurrence(cron: Cron): Recurrence {
  return {
    after: (ms) => cron.nextRun(new Date(ms))?.getTime(),
    // It looks for what is earlier than the reference, and knows whole seconds only.
    upTo: (ms) => cron.previousRuns(1, new Date(Math.floor(ms / 1000) * 1000 + 1000))[0]?.getTime(),
  };
}

/** One field in the library's way of writing, undefined when it is none of AWS's. */
function translate(part: string, field: Field): string | undefined {
  if (part === "?") return field === dayOfMonth || field === dayOfWeek ? "*" : undefined;
  if (part === "*") return part;
  const items = part.split(",");
  if (field.special !== undefined && items.some((item) => field.special?.test(item))) {
    if (items.length > 1) return undefined; // The library would take the letter for the whole list.
    // "The last day of the week" is Saturday.
    return field === dayOfWeek && part === "L" ? String(field.max) : part;
  }
  const translated = items.map((item) => translateItem(item, field));
  return translated.includes(undefined) ? undefined : translated.join(",");
}

// One of `5`, `MON`, `1-5`, `0/15`, `10-40/5` or a star with a step.
function translateItem(item: string, field: Field): string | undefined {
  const [range = "", step, ...more] = item.split("/");
  if (more.length > 0 || (step !== undefined && !(/^\d+$/.test(step) && Number(step) >= 1))) return undefined;
  const suffix = step === undefined ? "" : `/${Number(step)}`;
  if (range === "*") return step === undefined ? undefined : `*${suffix}`;
  const ends = range.split("-");
  const [first, last] = ends.map((end) => numberOf(end, field));
  if (first === undefined || ends.length > 2 || (ends.length === 2 && (last === undefined || last < first))) return undefined;
  if (ends.length === 2) return `${first}-${last}${suffix}`;
  return step === undefined ? String(first) : `${first}-${field.max}${suffix}`;
}

function numberOf(text: string, { min, max, names }: Field): number | undefined {
  const place = names?.indexOf(text) ?? -1;
  const value = place >= 0 ? min + place : /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : undefined;
}
