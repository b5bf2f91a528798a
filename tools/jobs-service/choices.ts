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
  /** Keys of CreateKeysAndCertificate. AWS makes RSA of 2048 bits; a handshake with EC is far cheaper for an ESP32. */
  readonly keysOfCertificates: "RSA 2048" | "EC P-256";
  /** Whether a job on a thing that does not exist creates it: convenient in tests, off by default as the HTTP calls list ResourceNotFoundException. */
  readonly lenientThings: boolean;
  /**
   * How many things are told of a job per minute when it has no rollout configuration. AWS's default is 1000; here all at once, as
   * few tests have that many things and none wants to wait. `Infinity` is no limit.
   */
  readonly defaultRolloutPerMinute: number;
  /**
   * Which things `abortConfig` counts as executed: those whose execution has ended ("executed"), or those that were told of the job, as
   * the API model describes minNumberOfExecutedThings. The percentage is of the same things.
   */
  readonly abortCounts: "ended" | "notified";
  /** Refuses a document with placeholders but no presignedUrlConfig.roleArn. AWS cannot sign without a role; this service could. */
  readonly placeholdersNeedRole: boolean;
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
  keysOfCertificates: "RSA 2048",
  lenientThings: false,
  defaultRolloutPerMinute: Infinity,
  abortCounts: "ended",
  placeholdersNeedRole: true,
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
 * - Deletions happen at once: no job is ever DELETION_IN_PROGRESS. Timers fire on time (AWS: up to 60 s late).
 * - A rollout goes by the minute: as many things as the rate says at its beginning, the next ones sixty seconds later. Both rate
 *   increase criteria may be given; the first that is met counts. Groups that AssociateTargetsWithJob adds are reached at the job's
 *   rate; things that join a group later at once, as the guide says.
 * - There is no limit of active or concurrent jobs in an account, so no job is CANCELED at its start for lack of room.
 * - Jobs stay until someone deletes them. AWS forgets them 730 days after they became inactive.
 * - reasonCode and comment of an aborted job are our own words; that AWS writes some is documented, which is not.
 * - A scheduled job's targets are looked up when it starts. One with maintenance windows but no startTime is SCHEDULED until the first
 *   window, unless one is open when it is created. SNAPSHOT jobs may have windows too: neither model nor guide forbids it.
 * - Outside its windows a job's QUEUED executions are not listed, announced or started with start-next; they can still be described and
 *   updated by their job id. An execution that is IN_PROGRESS stays visible. Retries and things that join wait for the next window.
 * - An endTime without endBehavior is STOP_ROLLOUT. After it a job goes to no further thing and is COMPLETED, a CONTINUOUS one too,
 *   once what was queued has ended; its windows still open for that.
 * - Of jobs with maintenance windows 5 executions are shown beside 10 others. A job has at most 10 windows.
 * - In cron expressions L-3 (days before the last), ranges that wrap around (FRI-MON) and lists that hold L, W or # are refused.
 * - CreateJob takes placeholders of the package catalogue (`${aws:iot:package:...}`) as they are: there is no catalogue here.
 * - A thing leaves the rollout counts of a job with its latest attempt only.
 * - CreateJob with an id in use is ResourceAlreadyExistsException even when everything is equal.
 * - UpdateJob and CancelJob of a job that is neither SCHEDULED nor IN_PROGRESS are InvalidRequestException.
 * - What a policy does not allow ends the connection without a word, CONNECT included: aws-iot-device-sdk-js issues 112 and 125 (for
 *   SUBSCRIBE, where MQTT has a return code), aws-crt-python 229 (PUBLISH), aws-iot-device-sdk-js-v2 101 (CONNECT). Receive is asked
 *   at each delivery, and what it forbids is left out ("AWS IoT Core policy actions").
 * - A policy's effect is immediate; AWS takes seconds to minutes. A certificate that is no longer ACTIVE loses its connections.
 * - The answer to a request reaches the requester without iot:Receive: it does not travel through the broker (guide, "Jobs device
 *   MQTT API": sent "whether it has subscribed or not").
 * - Region and account in the ARNs of a policy are not looked at, so that a policy written for an account of yours works here.
 * - A condition with an operator that policy.ts does not know never holds. A resource with a variable that has no value covers nothing.
 * - Certificates of our own CA and others are known by their SHA-256 alone, as AWS knows those registered without a CA.
 * - A filter that a restored session may no longer have is dropped from it.
 * - A server name in the TLS greeting (SNI), without which AWS lets nobody in, is not asked for: boards in the network reach this service
 *   by its address, for which there is none.
 * - A thing group's policies end with the group.
 * - Over plain MQTT (this computer only) there are no policies: a client has the topics of the thing that its client id names, and all
 *   outside `$aws/`.
 * - A URL that is signed for GET answers HEAD too. S3's signature is of one method, so S3 would refuse it: no device is worse off here.
 * - Objects can be read, put, listed and deleted without a signature. A signed URL that is expired is told so before its signature is
 *   looked at; what is put under a name replaces what was there.
 * - Events: `canceled` and the two `..._in_progress` have neither completedAt nor jobProcessDetails, as the newest edition of the guide
 *   prints them (an older one has the latter); a deleted execution's `status` is the one it had (note in the older edition). They are
 *   sent at QoS 1, after the notifications of the same change.
 * - Quotas per second (a switch, off): a burst of one second's worth is let through. Above 100 messages a second on a connection what
 *   comes in is neither carried out nor acknowledged and what goes out is dropped, QoS 1 too; AWS would send that again later.
 * - At most 100 unacknowledged messages in either direction: kept in MQTT 5, where they are announced and what comes on top waits or
 *   ends the connection. In 3.1.1 they are not counted. A message that a 3.1.1 device does not acknowledge is not sent again on the
 *   same connection, as AWS does for an hour, but once the device comes back with its session; MQTT 5 forbids the former.
 * - A CONNECT above one a second for a client id ends without CONNACK.
 * - More than 8 filters in a SUBSCRIBE, a topic over 256 bytes or 7 slashes disconnect;
 *   subscriptions beyond 50 are refused with 0x80 in the SUBACK. The limits are documented, the way of refusing is not.
 * - MQTT 5: what is refused is told with the reason codes of the guide ("MQTT reason codes"), which does not say where each is used.
 *   Here PUBACK and SUBACK tell, and the connection stays, as MQTT 5 has it (section 4.13); where nothing can acknowledge, DISCONNECT tells.
 *   A CONNECT is refused in a CONNACK. Reason strings are our own words, but for subscription identifiers (node-red issue 4133).
 * - MQTT 5: the CONNACK says 100 for receive maximum, 8 topic aliases (aws-crt-java issue 618 saw that) and 128 KB for packets ("cannot
 *   exceed 128 KB"), so that a payload is a little less. It names the session expiry and the keep-alive only where they were changed.
 * - MQTT 5: sharedSubscriptionAvailable is false, and $share is Topic Filter invalid: AWS has them, this service for no version.
 * - MQTT 5: retain handling 1 and 2 are taken as 0, properties of a will are left out, the service uses no aliases of its own, and
 *   user properties of different names may change places, those of one name do not. Answers to requests carry no properties.
 * - MQTT 5: a session's expiry is at most an hour (AWS: up to seven days in accounts that ask for it). UNSUBACK never says 0x11.
 * - Persistent sessions and the QoS 1 messages queued for them outlive the process when there is a data folder, those of MQTT 5 with
 *   their properties; retained messages and wills do not. A SUBACK or UNSUBACK of such a session tells what is on disk. A queued message
 *   is written right after what caused it was acknowledged (aedes acknowledges a PUBLISH before it queues it), so that a kill within
 *   these milliseconds loses it, but never the job that it tells of: a device asks again when it reconnects. What it has acknowledged
 *   in the last milliseconds may come again.
 * - The hour that sessions last counts by the computer's clock, not by the service's, which can be moved on. After a restart it begins
 *   anew, for those of MQTT 5 that were to end sooner too. What was queued is replayed at once; AWS takes a second for ten messages.
 */
