/** Vectors over the rulebook alone. */
import { VirtualTime } from "../../time";
import { timedRules } from "../timed-rules";
import { vectorChoices, type Received, type Target } from "./target";

export function rulesTarget(nowSeconds: number): Target {
  const time = new VirtualTime(nowSeconds * 1000);
  const received: Received[] = [];
  let connected: string | undefined;
  const { rules, stop } = timedRules(time, {
    choices: vectorChoices,
    deliver: (messages) => received.push(...messages.filter(({ thingName }) => thingName === connected)),
  });
  return {
    rules,
    time,
    async connect(thingName) {
      connected = thingName;
    },
    async publish(topic, payload) {
      const request = rules.readTopic(topic);
      if (request === undefined || request.thingName !== connected) connected = undefined;
      else {
        const { reply, notifications } = rules.request(request.thingName, request.suffix, payload);
        received.push(reply, ...notifications);
      }
    },
    received: async () => received,
    isDisconnected: () => connected === undefined,
    async end() {
      stop();
    },
  };
}
