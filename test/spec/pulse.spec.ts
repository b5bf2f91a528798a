/** An output is on for as long as the job says, and never longer. */
import { pulse } from "../docs/pulse";
import { equal, type Spec } from "./spec";
import { execution, virtualAgent } from "./virtual-agent";

export const spec: Spec = {
  "a pulse lasts as long as the job says": () => {
    const door = virtualAgent({}, {}, [pulse]);
    door.connect();
    door.accept();
    door.notify(execution("a", '{"action":"pulse","pin":4,"onTime":300}'));
    door.device.advance(1000);
    equal(
      door.device.trace.filter((line) => line.indexOf("pin") >= 0),
      ["0 pin 4 on", "300 pin 4 off"],
    );
    equal(door.reports(), ["a/update SUCCEEDED"]);
  },
  "a cancelled pulse leaves the output off": () => {
    const door = virtualAgent({}, {}, [pulse]);
    door.connect();
    door.accept();
    door.notify(execution("a", '{"action":"pulse","pin":4,"onTime":60000}'));
    door.device.advance(5000);
    door.accept();
    door.notify();
    door.reject("ResourceNotFound");
    door.device.advance(1000);
    equal(
      door.device.trace.filter((line) => line.indexOf("pin") >= 0),
      ["0 pin 4 on", "5000 pin 4 off"],
    );
  },
  "a pin that is no output is rejected before anything is touched": () => {
    const door = virtualAgent({}, {}, [pulse]);
    door.connect();
    door.accept();
    door.notify(execution("a", '{"action":"pulse","pin":31}'));
    equal(door.reports(), ["a/update REJECTED INPUT_INVALID"]);
  },
};
