/**
 * What AWS does not document about IoT Jobs, and what this service does there. Each is a switch, so that a device can be tried
 * against the other possibility too.
 */
export interface Choices {
  /** Answer to an update of an ended execution. The error table says InvalidStateTransition; another emulator sends TerminalStateReached. */
  readonly terminalUpdateCode: "InvalidStateTransition" | "TerminalStateReached";
  /** True merges statusDetails key by key. FreeRTOS OTA relies on `self_test` vanishing when it reports something else, so: replace. */
  readonly mergeDetails: boolean;
  /** Whether start-next on a running execution sets the step timer when it names one. The guide is silent; the field would else be useless. */
  readonly startNextSetsStepTimer: boolean;
  /** IN_PROGRESS to REJECTED. Refused: the FreeRTOS OTA agent ("the service does not allow REJECTED after the job was started"), aws-greengrass-nucleus PR 1354. */
  readonly rejectAfterStart: boolean;
  /** Answer to CANCELED, REMOVED or TIMED_OUT from a device. The guide lists the four statuses that a device may send and no error. */
  readonly serviceStatusCode: "InvalidRequest" | "InvalidStateTransition";
  /** Answer to `$next/update`. The JobId pattern of UpdateJobExecution in the API model excludes `$`. */
  readonly nextUpdateCode: "InvalidRequest" | "InvalidTopic";
  /** Numbers in statusDetails become text: jobs-agent.js sends its uptime as a raw number and AWS takes it. */
  readonly numbersInDetails: boolean;
  /** The first executionNumber of a job on a thing; retries count up. 1 in all captures, although the guide prints large numbers. */
  readonly firstExecutionNumber: number;
  /** DeleteJobExecution of a QUEUED execution without force. The API model asks for a terminal state; the guide allows QUEUED too. */
  readonly deleteQueuedWithoutForce: boolean;
  /** Whether a job on a thing that does not exist creates it: convenient in tests, off by default as the HTTP calls list ResourceNotFoundException. */
  readonly lenientThings: boolean;
}

/** The choices this service makes unless told otherwise. */
export const ourChoices: Choices = {
  terminalUpdateCode: "InvalidStateTransition",
  mergeDetails: false,
  startNextSetsStepTimer: true,
  rejectAfterStart: false,
  serviceStatusCode: "InvalidRequest",
  nextUpdateCode: "InvalidRequest",
  numbersInDetails: true,
  firstExecutionNumber: 1,
  deleteQueuedWithoutForce: true,
  lenientThings: false,
};

/*
 * Choices without a switch:
 * - An empty body counts as `{}` for update too (a transcript shows it for the reading calls); it then lacks `status`.
 * - null members count as absent: the live message for a missing status is "Value null at 'status' ...".
 * - `$next/get` with an executionNumber that is not the head's is ResourceNotFound.
 * - A job id in a topic that breaks the pattern is InvalidRequest, as `$next/update` is. A topic that fits no call is InvalidTopic,
 *   answered on the request topic + `/rejected`.
 * - A deleted thing's executions stay on record as REMOVED: `numberOfRemovedThings` shows that AWS counts them. Its device is notified.
 * - A namespaced job is announced on `notify-namespace-NS`, as the Greengrass nucleus subscribes, in the shape of `notify`.
 * - CANCELED, TIMED_OUT and REMOVED raise the version as a device's update does.
 * - Rollouts and deletions happen at once; timers fire on time (AWS: up to 60 s late).
 * - A thing leaves the rollout counts of a job with its latest attempt only.
 * - CreateJob with an id in use is ResourceAlreadyExistsException even when everything is equal.
 * - UpdateJob of a job that is not IN_PROGRESS is InvalidRequestException.
 * - More than 8 filters in a SUBSCRIBE, a topic over 256 bytes or 7 slashes, and a filter for another thing's topics disconnect;
 *   subscriptions beyond 50 are refused with 0x80 in the SUBACK. The limits are documented, the way of refusing is not.
 */
