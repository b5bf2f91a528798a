/** A good body for each operation that takes one: what is spoilt before it is sent. */
import { arn, known } from "./hostile";

const settings = {
  description: "what it is for",
  presignedUrlConfig: { roleArn: "arn:aws:iam::123456789012:role/downloads", expiresInSec: 60 },
  timeoutConfig: { inProgressTimeoutInMinutes: 5 },
  jobExecutionsRolloutConfig: {
    maximumPerMinute: 5,
    exponentialRate: { baseRatePerMinute: 1, incrementFactor: 1.5, rateIncreaseCriteria: { numberOfNotifiedThings: 1 } },
  },
  jobExecutionsRetryConfig: { criteriaList: [{ failureType: "ALL", numberOfRetries: 1 }] },
  abortConfig: { criteriaList: [{ action: "CANCEL", failureType: "ALL", thresholdPercentage: 50, minNumberOfExecutedThings: 1 }] },
};
const tags = [{ Key: "k", Value: "v" }];
const attributePayload = { attributes: { model: "a" }, merge: true };
const allow = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "iot:*", Resource: "*" }] };

export const bodies = {
  createJob: {
    targets: [arn("thing", known.thing), arn("thinggroup", known.group)],
    document: '{"action":"blink"}',
    targetSelection: "CONTINUOUS",
    namespaceId: "ns",
    schedulingConfig: { endTime: "2023-11-16 00:00", endBehavior: "CANCEL" },
    destinationPackageVersions: ["arn:p"],
    tags,
    ...settings,
  },
  jobFromTemplate: {
    targets: [arn("thing", known.thing)],
    jobTemplateArn: "arn:aws:iot:us-east-1::jobtemplate/AWS-Run-Command:1.0",
    documentParameters: { command: "echo" },
  },
  updateJob: { ...settings, jobExecutionsRetryConfig: { criteriaList: [{ failureType: "ALL", numberOfRetries: 0 }] } },
  cancelJob: { reasonCode: "WHY", comment: "so" },
  targets: { targets: [arn("thinggroup", known.group)], comment: "more" },
  cancelExecution: { expectedVersion: 1, statusDetails: { by: "operator" } },
  thing: { thingTypeName: known.thingType, attributePayload, expectedVersion: 1, removeThingType: false },
  group: { parentGroupName: known.group, thingGroupProperties: { thingGroupDescription: "d", attributePayload }, tags },
  updateGroup: { thingGroupProperties: { thingGroupDescription: "d", attributePayload }, expectedVersion: 1 },
  membership: { thingGroupName: known.group, thingName: known.thing, thingGroupArn: arn("thinggroup", known.group) },
  memberships: { thingName: known.thing, thingGroupsToAdd: ["g2", known.group], thingGroupsToRemove: ["g3"] },
  thingType: { thingTypeProperties: { thingTypeDescription: "d", searchableAttributes: ["model"] }, tags },
  deprecate: { undoDeprecate: false },
  template: { document: "{}", jobArn: arn("job", known.job), tags, ...settings },
  policy: { policyDocument: JSON.stringify(allow) },
  target: { target: arn("thinggroup", known.group) },
  events: { eventConfigurations: { JOB: { Enabled: true } } },
  tag: { resourceArn: arn("job", known.job), tags },
  untag: { resourceArn: arn("job", known.job), tagKeys: ["k"] },
  request: { certificateSigningRequest: "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----" },
  certificate: { certificatePem: "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", status: "ACTIVE" },
  fault: { fault: "delay", target: known.thing, operations: ["get"], at: "reply", probability: 1, count: 1, after: 0, seed: 1, delayMs: 1 },
  clock: { advanceMs: 1000 },
  startNext: { statusDetails: { step: "1" }, stepTimeoutInMinutes: 5, clientToken: "c" },
  update: {
    status: "IN_PROGRESS",
    statusDetails: { step: "1" },
    expectedVersion: 1,
    executionNumber: 1,
    stepTimeoutInMinutes: 5,
    includeJobExecutionState: true,
    includeJobDocument: true,
    clientToken: "c",
  },
  get: { executionNumber: 1, includeJobDocument: true, clientToken: "c" },
};

export type BodyName = keyof typeof bodies;
