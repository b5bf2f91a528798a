/** How the service says no: one kind towards devices, one towards the control plane. Both are thrown and met at one boundary each. */

/** The codes of an ErrorResponse over MQTT. */
export type DeviceErrorCode =
  | "InvalidTopic"
  | "InvalidJson"
  | "InvalidRequest"
  | "InvalidStateTransition"
  | "ResourceNotFound"
  | "VersionMismatch"
  | "InternalError"
  | "RequestThrottled"
  | "TerminalStateReached";

/** Thrown by a device operation; becomes a `rejected` reply. `executionState` goes with InvalidStateTransition and VersionMismatch only. */
export class DeviceRefusal extends Error {
  constructor(
    readonly code: DeviceErrorCode,
    message: string,
    readonly executionState?: object,
  ) {
    super(message);
  }
}

/** The exceptions of the control plane with their HTTP status (API model). */
const controlStatus = {
  InvalidRequestException: 400,
  ResourceNotFoundException: 404,
  ResourceAlreadyExistsException: 409,
  InvalidStateTransitionException: 409,
  VersionConflictException: 409,
  LimitExceededException: 410,
  ThrottlingException: 400,
  CertificateStateException: 406,
  CertificateValidationException: 400,
  DeleteConflictException: 409,
  MalformedPolicyException: 400,
  VersionsLimitExceededException: 409,
  ConflictException: 409,
  InternalServerException: 500,
  IncompleteSignatureException: 400,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  UnrecognizedClientException: 403,
} as const;

/** Thrown by a control operation; becomes an HTTP error body. */
export class ControlRefusal extends Error {
  readonly status: number;
  constructor(
    override readonly name: keyof typeof controlStatus,
    message: string,
    readonly members: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = controlStatus[name];
  }
}

/** The wording AWS uses for a value that breaks a constraint. */
export function violation(value: unknown, field: string, constraint: string): string {
  const shown =
    value === undefined || value === null ? "Value null" : `Value '${typeof value === "string" ? value : JSON.stringify(value)}'`;
  return `1 validation error detected: ${shown.slice(0, 200)} at '${field}' failed to satisfy constraint: ${constraint}`;
}
