/** AWS's cron expressions: which there are, what they mean, which are refused. */
import { describe, expect, it } from "vitest";
import { readCron, type Recurrence } from "../tools/jobs-service/rules/cron";

const from = Date.parse("2026-01-01T00:00:00Z"); // A Thursday.

function read(expression: string): Recurrence {
  const recurrence = readCron(expression);
  if (typeof recurrence === "string") throw new Error(recurrence);
  return recurrence;
}

/** The next moments, as `01-31 10:00`; with the year when it is another one. */
function next(expression: string, count: number): string[] {
  const recurrence = read(expression);
  const found: string[] = [];
  for (let at = recurrence.after(from); at !== undefined && found.length < count; at = recurrence.after(at)) {
    found.push(new Date(at).toISOString().slice(0, 16).replace("T", " ").replace("2026-", ""));
  }
  return found;
}

describe("a cron expression", () => {
  it.each([
    ["cron(0 10 * * ? *)", ["01-01 10:00", "01-02 10:00"]],
    ["cron(15 12 ? * 1 *)", ["01-04 12:15", "01-11 12:15"]], // 1 is Sunday.
    ["cron(0 18 ? * MON-FRI *)", ["01-01 18:00", "01-02 18:00", "01-05 18:00"]],
    ["cron(0 18 ? * 2-6 *)", ["01-01 18:00", "01-02 18:00", "01-05 18:00"]],
    ["cron(0/15 3 1 * ? *)", ["01-01 03:00", "01-01 03:15", "01-01 03:30", "01-01 03:45", "02-01 03:00"]],
    ["cron(50/5 3 1 * ? *)", ["01-01 03:50", "01-01 03:55", "02-01 03:50"]],
    ["cron(10-40/15 3 1 * ? *)", ["01-01 03:10", "01-01 03:25", "01-01 03:40", "02-01 03:10"]],
    ["cron(0 */8 2 1 ? *)", ["01-02 00:00", "01-02 08:00", "01-02 16:00", "2027-01-02 00:00"]],
    ["cron(0 2 L * ? *)", ["01-31 02:00", "02-28 02:00", "03-31 02:00"]],
    ["cron(0 2 LW * ? *)", ["01-30 02:00", "02-27 02:00"]],
    ["cron(0 2 15W * ? *)", ["01-15 02:00", "02-16 02:00"]],
    ["cron(0 2 ? * L *)", ["01-03 02:00", "01-10 02:00"]], // The last day of the week.
    ["cron(0 2 ? * 6L *)", ["01-30 02:00", "02-27 02:00"]], // The last Friday of the month.
    ["cron(0 2 ? * FRIL *)", ["01-30 02:00", "02-27 02:00"]],
    ["cron(0 2 ? * 3#2 *)", ["01-13 02:00", "02-10 02:00"]], // The second Tuesday.
    ["cron(0 2 1 JAN,jul ? 2026-2027)", ["01-01 02:00", "07-01 02:00", "2027-01-01 02:00", "2027-07-01 02:00"]],
    ["cron(0 0 29 2 ? *)", ["2028-02-29 00:00", "2032-02-29 00:00"]],
    ["cron(0 0 1 1 ? 2020)", []],
  ])("%s is read as AWS does", (expression, moments) => {
    expect(next(expression, moments.length)).toEqual(moments);
  });

  it.each([
    ["0 10 * * ? *", "must be cron("],
    ["rate(1 day)", "must be cron("],
    ["cron(0 10 * * ?)", "must be cron("],
    ["cron(0 0 10 * * ? *)", "must be cron("],
    ["cron(60 10 * * ? *)", "'60' is no minutes"],
    ["cron(0 24 * * ? *)", "'24' is no hours"],
    ["cron(0 10 32 * ? *)", "'32' is no day-of-month"],
    ["cron(0 10 0 * ? *)", "'0' is no day-of-month"],
    ["cron(0 10 * 13 ? *)", "'13' is no month"],
    ["cron(0 10 ? * 0 *)", "'0' is no day-of-week"],
    ["cron(0 10 ? * 8 *)", "'8' is no day-of-week"],
    ["cron(0 10 ? * 3#6 *)", "'3#6' is no day-of-week"],
    ["cron(0 10 ? * FRI-MON *)", "'FRI-MON' is no day-of-week"],
    ["cron(0 10 * * ? 1969)", "'1969' is no year"],
    ["cron(0 10 L-3 * ? *)", "'L-3' is no day-of-month"],
    ["cron(0 10 1,L * ? *)", "'1,L' is no day-of-month"],
    ["cron(0 10 * * * *)", "one of day-of-month and day-of-week must be ?"],
    ["cron(0 10 1 * MON *)", "one of day-of-month and day-of-week must be ?"],
    ["cron(0 10 ? * ? *)", "one of day-of-month and day-of-week must be ?"],
    ["cron(0/0 10 * * ? *)", "'0/0' is no minutes"],
    ["cron(? 10 * * ? *)", "'?' is no minutes"],
    ["cron(0 10 * * ? @yearly)", "is no year"],
    ["cron(0, 10 * * ? *)", "is no minutes"],
  ])("%s is refused", (expression, why) => {
    expect(readCron(expression)).toContain(why);
  });

  it("knows its last moment too, the present one included", () => {
    const daily = read("cron(30 2 * * ? *)");
    const at = Date.parse("2026-05-05T02:30:00Z");
    expect(daily.upTo(at)).toBe(at);
    expect(daily.upTo(at - 1)).toBe(at - 24 * 3_600_000);
    expect(daily.after(at)).toBe(at + 24 * 3_600_000);
    expect(read("cron(0 0 1 1 ? 2030)").upTo(at)).toBeUndefined();
  });
});
