/** Joins the session to the ports: carries out its effects in order, and feeds back what comes of them. One event at a time. */
import type { Action, Context, Restart } from "./actions/action";
import { actions } from "./actions/index";
import { checkInput, type AnyInput } from "./actions/input";
import { failed, type Failure } from "./failure";
import { readDocument } from "./jobs/document";
import { newSession, step } from "./jobs/session";
import type { Effect, Event, Timer } from "./jobs/state";
import { notifyNextTopic } from "./jobs/topics";
import { startTrial } from "./ota/trial";
import { createPerformer } from "./performer";
import type { Cancel, Platform } from "./ports";
import { startSafeMode } from "./safe-mode";
import type { Settings } from "./settings";

/** The name of the journal's record. */
const journalName = "journal";

/** A running agent. */
/** @noSelf */
export interface Agent {
  /** Ends it: no timer, no message, no action of it goes on. */
  stop(): void;
}

/** Starts the agent on a platform. It runs until it is stopped or the board restarts. */
export function startAgent(platform: Platform, settings: Settings, catalogue: readonly Action[] = actions): Agent {
  const { clock, firmware, json, mqtt, records, system } = platform;
  const session = newSession(settings.thingName, settings.claimAfterSeconds * 1000, settings.askEverySeconds * 1000);
  const timers: Record<Timer, Cancel | undefined> = { ask: undefined, reply: undefined, claim: undefined, progress: undefined };
  const queue: Event[] = [];
  let busy = false;
  let stopped = false;
  let last: Restart["last"];
  let judged: { readonly action: Action; readonly input: AnyInput } | undefined;

  const actionNames: string[] = [];
  const safeNames: string[] = [];
  for (const action of catalogue) {
    actionNames.push(action.name);
    if (action.inSafeMode === true) safeNames.push(action.name);
  }
  const context: Context = {
    clock,
    gpio: platform.gpio,
    firmware,
    hashes: platform.hashes,
    http: platform.http,
    records,
    signatures: platform.signatures,
    system,
    progress: (details) => feed({ on: "progress", details }),
    actionNames,
    safeMode: () => safeMode(),
    allowHttp: settings.allowHttp,
  };
  const performer = createPerformer(context, (end) => {
    if (end.ok !== "restart") return feed({ on: "finished", outcome: end });
    last = end.last;
    feed({ on: "restart", note: end.note });
  });

  const confirmTrial = startTrial(platform, settings.trialSeconds);
  const running = firmware.info();
  system.log(`${settings.thingName}: firmware ${running.version} in ${running.slot}, boot reason ${system.bootReason()}`);
  for (const limit of system.limits) system.log(`limit: ${limit}`);
  const safeMode = startSafeMode(platform, safeNames);
  const record = records.read(journalName);
  feed({ on: "boot", journal: record === undefined ? undefined : json.decode(record), reason: system.bootReason() });
  mqtt.start([notifyNextTopic(settings.thingName)], {
    online() {
      system.log("online");
      feed({ on: "online" });
    },
    offline(reason) {
      system.log(`offline: ${reason}`);
      feed({ on: "offline" });
    },
    message: (topic, payload) => feed({ on: "message", topic, body: payload === undefined ? undefined : json.decode(payload) }),
  });
  return { stop };

  function stop(): void {
    stopped = true;
    for (const timer of ["ask", "reply", "claim", "progress"] as const) setTimer(timer, undefined);
    performer.halt();
    mqtt.stop();
  }

  // Effects may bring new events at once; these wait until the step that caused them is done.
  function feed(event: Event): void {
    queue.push(event);
    if (busy) return;
    busy = true;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (!stopped) carryOut(step(session, next));
    }
    busy = false;
  }

  function carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do !== "journal") perform(effect);
      else if (!records.write(journalName, effect.text)) {
        system.log("the journal could not be written");
        if (effect.needed) return feed({ on: "unwritten" });
      }
      if (stopped) return;
    }
  }

  function perform(effect: Exclude<Effect, { do: "journal" }>): void {
    switch (effect.do) {
      case "publish":
        // Refused while offline or with a full queue: then its answer is overdue in time, and it is sent again.
        mqtt.publish(effect.topic, effect.payload);
        return;
      case "judge": {
        const refusal = judge(effect.document);
        return feed({ on: "judged", action: judged?.action.name ?? "", refusal });
      }
      case "run":
        return judged === undefined ? undefined : performer.run(judged.action, judged.input);
      case "resume": {
        const action = find(effect.action);
        if (action === undefined) {
          const reason = `this firmware does not know the action "${effect.action}" that was to go on`;
          return feed({ on: "finished", outcome: failed("INTERRUPTED", reason) });
        }
        const refusal = refuse(action);
        return refusal === undefined ? performer.resume(action, effect.note) : feed({ on: "finished", outcome: refusal });
      }
      case "stop":
        return performer.halt();
      case "restart": {
        const refusal = last === undefined ? undefined : last();
        if (refusal !== undefined) return feed({ on: "finished", outcome: refusal });
        stop();
        return system.restart();
      }
      case "reached":
        return confirmTrial();
      case "timer":
        return setTimer(effect.timer, effect.delayMs);
      case "tell":
        return system.log(effect.line);
    }
  }

  function setTimer(timer: Timer, delayMs: number | undefined): void {
    const before = timers[timer];
    if (before !== undefined) before();
    timers[timer] = undefined;
    if (delayMs === undefined) return;
    timers[timer] = clock.after(delayMs, () => {
      timers[timer] = undefined;
      feed({ on: "timer", timer });
    });
  }

  function find(name: string): Action | undefined {
    for (const action of catalogue) {
      if (action.name === name) return action;
    }
    return undefined;
  }

  function refuse({ inSafeMode, name }: Action): Failure | undefined {
    const why = safeMode();
    return why === undefined || inSafeMode === true ? undefined : failed("SAFE_MODE", `${name} is not done in safe mode, ${why}`);
  }

  // Touches nothing: the job is still QUEUED, and only now can it be rejected.
  function judge(document: unknown): Failure | undefined {
    judged = undefined;
    const read = readDocument(document);
    if (!read.ok) return read;
    const action = find(read.action);
    if (action === undefined)
      return failed("ACTION_UNKNOWN", `unknown action "${read.action}"; this device knows ${actionNames.join(", ")}`);
    const unsafe = refuse(action);
    if (unsafe !== undefined) return unsafe;
    const checked = checkInput(action.input, read.fields);
    if (!checked.ok) return checked;
    const refusal = performer.check(action, checked.input);
    if (refusal === undefined) judged = { action, input: checked.input };
    return refusal;
  }
}
