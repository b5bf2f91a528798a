/** A device and a service that do not agree: jobs that were cancelled or replaced meanwhile, reports and questions that are refused. */
import { equal, ok, type Spec } from "./spec";
import { execution, virtualAgent, type VirtualAgent } from "./virtual-agent";

const blinkOnce = '{"action":"blink","count":1,"onTime":100,"offTime":50}';
const blinkLong = '{"action":"blink","count":10,"onTime":1000,"offTime":1000}';

/** An agent that has just been given a job. */
function busy(document: string): VirtualAgent {
  const lamp = virtualAgent();
  lamp.connect();
  lamp.accept(`"execution":${execution("a", document)}`);
  return lamp;
}

/** A job that is over, its report sent and not answered. */
function busyUntilReport(): VirtualAgent {
  const lamp = busy(blinkOnce);
  lamp.device.advance(150);
  return lamp;
}

export const spec: Spec = {
  "stops a running job that was cancelled, and reports nothing": () => {
    const lamp = busy(blinkLong);
    lamp.device.advance(5000);
    lamp.accept();
    lamp.notify(execution("b", blinkOnce, "QUEUED", "1700000001"));
    equal(lamp.last().topic, "a/get");
    lamp.reject("TerminalStateReached");
    const dark = lamp.device.trace[lamp.device.trace.length - 2];
    equal(dark, "5000 pin 2 off");
    equal(lamp.last().topic, "$next/get");
    lamp.accept(`"execution":${execution("b", blinkOnce, "QUEUED", "1700000001")}`);
    lamp.device.advance(20000);
    equal(lamp.reports(), ["a/update IN_PROGRESS", "b/update SUCCEEDED", "b/update SUCCEEDED"]);
  },
  "stops a running job when the service has a newer attempt of it, and runs that": () => {
    const lamp = busy(blinkLong);
    lamp.device.advance(5000);
    lamp.accept();
    const second = execution("a", blinkOnce, "QUEUED", "1700000100", "2");
    lamp.notify(second);
    equal(lamp.last().topic, "a/get");
    lamp.accept(`"execution":${second}`);
    equal(lamp.device.trace[lamp.device.trace.length - 2], "5000 pin 2 off");
    equal(lamp.last().topic, "$next/get");
    lamp.accept(`"execution":${second}`);
    lamp.device.advance(150);
    equal(lamp.reports(), ["a/update IN_PROGRESS", "a/update SUCCEEDED"]);
    equal(lamp.last().body["executionNumber"], 2);
  },
  "goes on with a running job when the service cannot say whether it is still wanted, and asks again when it was busy": () => {
    for (const code of ["SomethingNew", "InvalidRequest", "RequestThrottled", "InternalError"]) {
      const lamp = busy(blinkLong);
      lamp.device.advance(5000);
      lamp.accept();
      lamp.notify(execution("b", blinkOnce, "QUEUED", "1700000001"));
      const asked = lamp.published.length;
      lamp.reject(code);
      lamp.device.advance(14000);
      equal(lamp.published.length - asked, code === "SomethingNew" || code === "InvalidRequest" ? 0 : 1);
      equal(lamp.device.trace.filter((line) => line.slice(-2) === "on").length, 10);
    }
  },
  "gives a code for a job that it had stopped, when the service lists it again": () => {
    const lamp = busy(blinkLong);
    lamp.device.advance(5000);
    lamp.reject("ResourceNotFound");
    lamp.accept(`"execution":${execution("a", blinkLong, "IN_PROGRESS")}`);
    equal(lamp.reports(), ["a/update IN_PROGRESS", "a/update FAILED INTERRUPTED"]);
  },
  "goes on with a running job when the change of the head was another's": () => {
    const lamp = busy(blinkLong);
    lamp.device.advance(2000);
    lamp.notify(execution("b", blinkOnce, "IN_PROGRESS", "1600000001"));
    lamp.accept(`"execution":${execution("a", '""')}`);
    lamp.device.advance(18000);
    ok(lamp.device.trace.length > 19, "it blinked on");
  },
  "takes a report that comes too late as settled": () => {
    for (const code of ["InvalidStateTransition", "TerminalStateReached", "ResourceNotFound"]) {
      const lamp = busyUntilReport();
      lamp.reject(code);
      equal(lamp.last().topic, "$next/get");
      lamp.accept();
      lamp.device.advance(60000);
      equal(lamp.reports().length, 1);
    }
  },
  "fails a job that it may not reject any more": () => {
    const lamp = busy('{"action":"fly"}');
    lamp.reject("InvalidStateTransition", '"executionState":{"status":"IN_PROGRESS","versionNumber":2}');
    equal(lamp.reports(), ["a/update REJECTED ACTION_UNKNOWN", "a/update FAILED ACTION_UNKNOWN"]);
  },
  "fails a job that it may not reject any more, also when the service does not say what the matter is": () => {
    for (const code of ["InvalidStateTransition", "InvalidRequest"]) {
      const lamp = busy('{"action":"fly"}');
      while (lamp.last().topic === "a/update") lamp.reject(code);
      equal(lamp.last().topic, "$next/get");
      lamp.accept(`"execution":${execution("a", '{"action":"fly"}', "IN_PROGRESS")}`);
      equal(lamp.reports()[lamp.reports().length - 1], "a/update FAILED ACTION_UNKNOWN");
    }
  },
  "does not hurry when the service goes on listing a job and takes no report of it": () => {
    for (const code of ["InvalidStateTransition", "InvalidRequest"]) {
      const lamp = busyUntilReport();
      for (let n = 0; n < 50; n++) {
        if (lamp.last().topic === "a/update") lamp.reject(code);
        else lamp.accept(`"execution":${execution("a", blinkOnce)}`);
      }
      ok(lamp.published.length < 10, "it pauses");
      const before = lamp.published.length;
      lamp.device.advance(900000);
      ok(lamp.published.length > before, "it asks again");
    }
  },
  "waits when the service is busy, and sends its report again": () => {
    for (const code of ["RequestThrottled", "InternalError", "SomethingNew"]) {
      const lamp = busyUntilReport();
      lamp.reject(code);
      equal(lamp.reports().length, 1);
      lamp.device.advance(10000);
      equal(lamp.reports(), ["a/update SUCCEEDED", "a/update SUCCEEDED"]);
    }
  },
  "leaves the details out when the service does not like them": () => {
    const lamp = busyUntilReport();
    lamp.reject("InvalidRequest");
    equal(lamp.reports(), ["a/update SUCCEEDED", "a/update SUCCEEDED"]);
    equal(lamp.last().body["statusDetails"], {});
    lamp.reject("InvalidRequest");
    equal(lamp.last().topic, "$next/get");
  },
};
