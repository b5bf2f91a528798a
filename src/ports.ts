/**
 * All that a platform must provide. To bring the agent to another platform, write these and nothing else.
 *
 * Duties that hold for every port:
 * - A port never throws. What can go wrong comes back as a value or as an event.
 * - A port never calls back before the call that asked for it has returned, and calls back at most once unless its own
 *   comment says otherwise. After a cancel it does not call back at all.
 * - Text is a string of the platform's own kind: UTF-8 bytes in Lua, UTF-16 in JavaScript. Portable code treats it as ASCII
 *   and passes the rest through. `Bytes` are different: one character, code 0 to 255, for each byte, on both platforms.
 */

/** Binary data: each character is one byte (code 0 to 255). */
export type Bytes = string;

/** Ends what was started. Calling it twice, or after the end, does nothing. */
export type Cancel = () => void;

/** What `Json.decode` gives: JSON without null. A null member is absent; a null inside an array makes the text unreadable. */
export type JsonValue = string | number | boolean | JsonObject | JsonValue[];
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** Time. Only differences of `seconds` are meaningful; it starts near zero at each boot and never goes back. */
/** @noSelf */
export interface Clock {
  /** Calls `fire` once, `delayMs` milliseconds from now (1 to 6,870,947: the firmware's largest timer). Rounded up to the platform's tick. */
  after(delayMs: number, fire: () => void): Cancel;
  /** Whole seconds since boot. */
  seconds(): number;
  /** Seconds since 1970 UTC, or undefined until the platform has learnt the time. */
  epochSeconds(): number | undefined;
}

/** What the MQTT port tells. All are called from the platform's event loop, never from inside `start` or `publish`. */
/** @noSelf */
export interface MqttEvents {
  /** Connected, and subscribed to every filter. Called again after each reconnect. */
  online(): void;
  /** The connection is gone, or an attempt failed. The port tries again by itself, for ever. `reason` is for a person. */
  offline(reason: string): void;
  /**
   * A whole message. `payload` is undefined when it was too large to hold, or a part of it was lost: the topic is then still
   * right, and whoever needs the contents must ask for them in a smaller form. Messages on topics nobody subscribed to come too
   * (AWS IoT Jobs answers a request so).
   */
  message(topic: string, payload: string | undefined): void;
}

/** One MQTT 3.1.1 connection that heals itself: it connects again with jittered, capped back-off. Clean session. */
/** @noSelf */
export interface Mqtt {
  /** Connects and stays connected. Called once. `filters` are subscribed at QoS 1 at every connect. */
  start(filters: readonly string[], events: MqttEvents): void;
  /**
   * Hands a message over for sending at QoS 1, in the order of the calls. It may still be lost with the connection: whoever needs
   * an answer waits for it and sends again. While offline the message is dropped and the result is false.
   */
  publish(topic: string, payload: string): boolean;
  /** Says goodbye to the broker (DISCONNECT) as far as that works, so that a restart looks like one. No event follows. */
  stop(): void;
}

/** How a download ended. `complete` only says that the peer ended the response in good order where the platform can tell; the caller counts bytes. */
export type HttpEnd =
  | { readonly kind: "complete" }
  /** `reason` is for a person; the connection, TLS or the server failed, or the body ended early. */
  | { readonly kind: "failed"; readonly reason: string };

/** What a download tells, in this order: headers once, data any number of times, end once. After `end` nothing comes. */
/** @noSelf */
export interface HttpEvents {
  /** `sizeBytes` is the announced length of the body, undefined when the server did not say. `location` is the target of a redirect as the server gave it, which may leave out the host. */
  headers(status: number, sizeBytes: number | undefined, location: string | undefined): void;
  /** A piece of the body. The next one waits until this call has returned. */
  data(chunk: Bytes): void;
  end(result: HttpEnd): void;
}

/** @noSelf */
export interface Http {
  /**
   * Starts a GET that streams. Redirects are not followed: they arrive as headers. Servers are verified for https. An idle time of
   * 30 s without any data ends it as failed. A URL this platform cannot send (too long, malformed) ends as failed with a reason that says so.
   */
  get(url: string, events: HttpEvents): Cancel;
  /** Longest URL this platform can send, in bytes. */
  readonly maxUrlBytes: number;
}

/** @noSelf */
export interface Json {
  /** The value, or undefined when the text is not a JSON object, or is nested deeper than `maxJsonDepth` levels. null members are left out. */
  decode(text: string): JsonObject | undefined;
}

/**
 * The deepest nesting `Json.decode` reads, outermost object included: what the firmware's sjson takes (sjson.c, a fixed 20 with one
 * reserved). A member or an element counts as a level too (jsonsl.c, STACK_PUSH): 18 containers with something in the innermost.
 */
export type MaxJsonDepth = 19;

/** Small named texts that survive a power cut. A write is atomic: afterwards the record is the old text or the new one, never a mixture. */
/** @noSelf */
export interface Records {
  /** The text, or undefined when there is none. */
  read(name: string): string | undefined;
  /** True when the text is on stable storage. False leaves the old one. Names are up to 15 characters of a-z, texts up to 4,000 bytes. */
  write(name: string, text: string): boolean;
}

/** @noSelf */
export interface Gpio {
  /** Makes `pin` an output if need be and drives it to `level`. False when the chip has no such output. */
  write(pin: number, level: 0 | 1): boolean;
  /** True when `pin` exists on this chip and can be an output. Touches nothing. */
  canWrite(pin: number): boolean;
}

/** One hash being computed. */
/** @noSelf */
export interface Hash {
  update(chunk: Bytes): void;
  /** Lower-case hexadecimal digest. Called once, last. */
  hex(): string;
}

/** @noSelf */
export interface Hashes {
  start(algorithm: "md5" | "sha256"): Hash;
}

/** A signature being checked. */
/** @noSelf */
export interface SignatureCheck {
  update(chunk: Bytes): void;
  /**
   * Whether `signature`, DER in base64, is the signer's over all that came. Called once, last. False for whatever else it is: another
   * key's, other bytes', no base64, no DER or not the one form that DER has. A curve or hash other than P-256 and SHA-256 is no match either.
   */
  matches(signature: string): boolean;
}

/** ECDSA on P-256 over SHA-256, by the one public key that this board was given. The bytes are hashed here, so nobody can hand in another digest. */
/** @noSelf */
export interface Signatures {
  /** Why nothing can be checked here, for a person; undefined where it can. Such a board refuses every update: it was told to trust one signer alone. */
  readonly problem: Refusal;
  start(): SignatureCheck;
}

/** The state of the running firmware: `trial` until accepted, when the boot loader can roll back; otherwise `accepted`. */
export type FirmwareState = "trial" | "accepted";

/** The running firmware and its place. */
export interface FirmwareInfo {
  /** The running image's own version, `unknown` when it has none. */
  readonly version: string;
  /** The project that it is of, by its description; undefined where that is not told. Updates are of the same. */
  readonly project?: string | undefined;
  /** The slot it runs from, such as `ota_0`. */
  readonly slot: string;
  readonly state: FirmwareState;
}

/** A step of an update: undefined when it worked, else a reason for a person. */
export type Refusal = string | undefined;

/** Two firmware slots, of which one runs. The calls of an update come in the order begin, write…, activate. */
/** @noSelf */
export interface Firmware {
  info(): FirmwareInfo;
  /** The slot that an update goes to, and its size where the platform knows it; undefined when this board cannot update itself. */
  target(): { readonly slot: string; readonly sizeBytes: number | undefined } | undefined;
  /** Makes the target slot ready. Abandons an earlier update. May block for seconds (flash erase). Refused while on trial. */
  begin(): Refusal;
  write(chunk: Bytes): Refusal;
  /** Checks the written image as far as the platform can and makes it the one to boot next, on trial. Does not restart. */
  activate(): Refusal;
  /** Ends the trial for good. Harmless when there is none. */
  accept(): Refusal;
  /** Restarts into the previous firmware. Returns only when that is refused. */
  rollback(): Refusal;
}

/** The board itself. */
/** @noSelf */
export interface System {
  /** Restarts. Nothing after the call is sure to run. */
  restart(): void;
  /** Free memory in bytes. */
  freeBytes(): number;
  /** Why the board started: `power`, `restart`, `watchdog`, `crash`, `rollback` or `unknown`. */
  bootReason(): string;
  /**
   * Crashes in a row, one that led to this boot included: panics, watchdogs, errors that nobody caught, boots that did not come up. Power-off and other
   * firmware end the row; a restart that was asked for neither adds to it nor ends it. 0 where the platform cannot tell.
   */
  crashes(): number;
  /** Ends the row of crashes. */
  forgetCrashes(): void;
  /** A random integer, 0 to `below` - 1 (`below` at most 2^24). Not for secrets. */
  random(below: number): number;
  /** One line for a person at the console. No secrets, no document contents. */
  log(line: string): void;
  /** What this platform cannot do that others can, one phrase each; told at boot and by `describe`. */
  readonly limits: readonly string[];
}

/** What an action sees: the ports without MQTT, so that it cannot talk to AWS behind the session's back. */
export interface Device {
  readonly clock: Clock;
  readonly http: Http;
  readonly records: Records;
  readonly gpio: Gpio;
  readonly hashes: Hashes;
  readonly firmware: Firmware;
  /** Undefined on a board that was given no signer's key: it takes firmware without a signature, and cannot tell a right one from a wrong one. */
  readonly signatures: Signatures | undefined;
  readonly system: System;
}

/** What the agent sees. */
export interface Platform extends Device {
  readonly mqtt: Mqtt;
  readonly json: Json;
}
