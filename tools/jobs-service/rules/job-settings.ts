/** Checks the settings of a job that CreateJob, UpdateJob and job templates share. */
import { maxTimeoutInMinutes } from "./fields";
import type { Fields } from "./input-checks";
import { decimal, integer, invalid, oneOf, refusal, section, text } from "./input-checks";
import { plainTextPattern } from "./names";
import type { AbortCriterion, JobSettings, RetryCriterion, RolloutConfig } from "./store";

const maxDescription = 2028;
const maxCount = Number.MAX_SAFE_INTEGER;
/** AWS tells things of a job at no higher rate. */
export const maxRatePerMinute = 1000;

/** The members that UpdateJob may set too. */
export function readSettings(fields: Fields): JobSettings {
  const settings: JobSettings = {};
  const { description } = fields;
  if (description !== undefined && description !== null) {
    if (typeof description !== "string" || description.length > maxDescription || !plainTextPattern.test(description)) {
      throw invalid(description, "description", `Member must have at most ${maxDescription} characters, none of them control characters`);
    }
    settings.description = description;
  }
  const presigned = section(fields, "presignedUrlConfig");
  if (presigned !== undefined) settings.presignedUrlConfig = readPresigned(presigned);
  const timeout = section(fields, "timeoutConfig");
  if (timeout !== undefined) {
    const inProgressTimeoutInMinutes = integer(timeout, "inProgressTimeoutInMinutes", 1, maxTimeoutInMinutes);
    settings.timeoutConfig = inProgressTimeoutInMinutes === undefined ? {} : { inProgressTimeoutInMinutes };
  }
  const rollout = section(fields, "jobExecutionsRolloutConfig");
  if (rollout !== undefined) settings.jobExecutionsRolloutConfig = readRollout(rollout);
  const retries = criteria(fields, "jobExecutionsRetryConfig");
  if (retries !== undefined) settings.jobExecutionsRetryConfig = { criteriaList: readRetries(retries) };
  const aborts = criteria(fields, "abortConfig");
  if (aborts !== undefined) settings.abortConfig = { criteriaList: aborts.map(readAbort) };
  return settings;
}

function readPresigned(fields: Fields): NonNullable<JobSettings["presignedUrlConfig"]> {
  const roleArn = text(fields, "roleArn", 20, 2048);
  const expiresInSec = integer(fields, "expiresInSec", 60, 3600);
  return { ...(roleArn !== undefined && { roleArn }), ...(expiresInSec !== undefined && { expiresInSec }) };
}

function readRollout(fields: Fields): RolloutConfig {
  const maximumPerMinute = integer(fields, "maximumPerMinute", 1, maxRatePerMinute);
  const exponential = section(fields, "exponentialRate");
  const rate = maximumPerMinute === undefined ? {} : { maximumPerMinute };
  if (exponential === undefined) return rate;
  const baseRatePerMinute = integer(exponential, "baseRatePerMinute", 1, maxRatePerMinute, true) ?? 1;
  const incrementFactor = decimal(exponential, "incrementFactor", 1.1, 5, 1);
  const increase = section(exponential, "rateIncreaseCriteria");
  if (increase === undefined) throw invalid(undefined, "rateIncreaseCriteria", "Member must not be null");
  const numberOfNotifiedThings = integer(increase, "numberOfNotifiedThings", 1, maxCount);
  const numberOfSucceededThings = integer(increase, "numberOfSucceededThings", 1, maxCount);
  if (numberOfNotifiedThings === undefined && numberOfSucceededThings === undefined) {
    throw refusal("rateIncreaseCriteria must have numberOfNotifiedThings or numberOfSucceededThings");
  }
  const rateIncreaseCriteria = {
    ...(numberOfNotifiedThings !== undefined && { numberOfNotifiedThings }),
    ...(numberOfSucceededThings !== undefined && { numberOfSucceededThings }),
  };
  if (maximumPerMinute !== undefined && baseRatePerMinute > maximumPerMinute) {
    throw refusal(`baseRatePerMinute ${baseRatePerMinute} is more than maximumPerMinute ${maximumPerMinute}`);
  }
  return { ...rate, exponentialRate: { baseRatePerMinute, incrementFactor, rateIncreaseCriteria } };
}

function readRetries(list: readonly Fields[]): RetryCriterion[] {
  const retries = list.map((fields) => ({
    failureType: oneOf(fields["failureType"], "failureType", ["FAILED", "TIMED_OUT", "ALL"] as const),
    numberOfRetries: integer(fields, "numberOfRetries", 0, 10, true) ?? 0,
  }));
  const total = retries.reduce((sum, { numberOfRetries }) => sum + numberOfRetries, 0);
  if (retries.length > 2 || total > 10) throw refusal("At most 2 retry criteria with at most 10 retries in all are allowed");
  return retries;
}

function readAbort(fields: Fields): AbortCriterion {
  return {
    failureType: oneOf(fields["failureType"], "failureType", ["FAILED", "REJECTED", "TIMED_OUT", "ALL"] as const),
    action: oneOf(fields["action"], "action", ["CANCEL"] as const),
    thresholdPercentage: decimal(fields, "thresholdPercentage", 0, 100, 2),
    minNumberOfExecutedThings: integer(fields, "minNumberOfExecutedThings", 1, maxCount, true) ?? 1,
  };
}

function criteria(fields: Fields, name: string): Fields[] | undefined {
  const config = section(fields, name);
  if (config === undefined) return undefined;
  const found = config["criteriaList"];
  if (!Array.isArray(found) || found.length === 0) throw invalid(found, `${name}.criteriaList`, "Member must have at least one item");
  return found.map((item: unknown) => {
    const criterion = section({ item }, "item");
    if (criterion === undefined) throw invalid(item, `${name}.criteriaList`, "Member must not be null");
    return criterion;
  });
}
