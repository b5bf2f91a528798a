import type { Task } from "../../src/portable/task";
import { equal, ok, show } from "../spec/spec";
import { inTime, longEnough, until, type Contract, type Subject } from "./contract";

/** What the port has told. The broker of the contracts does what it is asked on topics that begin with `please/`. */
interface Heard {
  readonly events: string[];
  readonly topics: string[];
  readonly payloads: (string | undefined)[];
}

/** A JSON object of that many bytes: what comes in pieces can only be put together again when it is one. */
function object(size: number): string {
  return `{"a":"${"x".repeat(size - 8)}"}`;
}

function newHeard(): Heard {
  return { events: [], topics: [], payloads: [] };
}

/** What the connection owes: one story, because a connection is started once. `filter` of the start is `contract/filter`. */
export function mqttContracts(): readonly Contract[] {
  let heard = newHeard();
  let isStarting = false;

  function* expect({ clock }: Subject, events: number, messages: number): Task<void> {
    yield* until(clock, () => heard.events.length >= events && heard.topics.length >= messages);
  }
  function ask({ mqtt }: Subject, topic: string, payload: string): void {
    equal(mqtt.publish(`please/${topic}`, payload), true);
  }

  return [
    inTime("nothing can be published before the start", function* ({ mqtt, clock }): Task<void> {
      equal(mqtt.publish("please/echo/early", "lost"), false);
      yield* longEnough(clock);
    }),
    inTime("it comes online once, after the start has returned", function* (subject): Task<void> {
      const note = (event: string): void => {
        heard.events.push(isStarting ? `${event} inside start` : event);
      };
      isStarting = true;
      subject.mqtt.start(["contract/filter", "contract/other/+"], {
        online: () => note("online"),
        offline: (reason) => note(reason === "" ? "offline without a reason" : "offline"),
        message(topic, payload) {
          heard.topics.push(topic);
          heard.payloads[heard.topics.length - 1] = payload ?? "(too large)";
        },
      });
      isStarting = false;
      yield* expect(subject, 1, 0);
      equal(heard.events, ["online"]);
    }),
    inTime("when it is online, every filter is subscribed", function* (subject): Task<void> {
      heard = newHeard();
      ask(subject, "announce/contract/filter", "one");
      ask(subject, "announce/contract/other/two", "two");
      ask(subject, "announce/contract/stranger", "three");
      yield* expect(subject, 0, 2);
      yield* longEnough(subject.clock);
      equal(
        [heard.topics, heard.payloads],
        [
          ["contract/filter", "contract/other/two"],
          ["one", "two"],
        ],
      );
    }),
    inTime("messages on topics that nobody subscribed to come too", function* (subject): Task<void> {
      heard = newHeard();
      ask(subject, "echo/contract/answer", `{"a":1}`);
      equal(heard.topics, []);
      yield* expect(subject, 0, 1);
      equal([heard.topics, heard.payloads], [["contract/answer"], [`{"a":1}`]]);
    }),
    inTime("messages are sent and come in the order of the calls", function* (subject): Task<void> {
      heard = newHeard();
      const sent: string[] = [];
      for (const payload of ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]) {
        ask(subject, "echo/contract/order", payload);
        sent.push(payload);
      }
      yield* expect(subject, 0, 10);
      equal(heard.payloads, sent);
    }),
    inTime("text passes unchanged, empty, above ASCII or of several kilobytes", function* (subject): Task<void> {
      const aboveAscii = subject.json.decode(`{"a":"\\u00e9\\u20ac"}`)?.["a"];
      for (const text of ["", show(aboveAscii), '\n\t\\"', object(10000)]) {
        heard = newHeard();
        ask(subject, "echo/contract/text", text);
        yield* expect(subject, 0, 1);
        ok(heard.payloads[0] === text, `${show(text.slice(0, 20))} came as ${show(heard.payloads[0]?.slice(0, 20))}`);
      }
    }),
    inTime("a message of 30,000 bytes comes whole: a job document", function* (subject): Task<void> {
      heard = newHeard();
      ask(subject, "send/contract/large", "30000");
      yield* expect(subject, 0, 1);
      equal(heard.topics, ["contract/large"]);
      ok(heard.payloads[0] === object(30000), `${show(heard.payloads[0]?.length)} bytes came`);
    }),
    inTime(
      "a message that is too large keeps its topic and loses its contents, and the next one is whole",
      function* (subject): Task<void> {
        heard = newHeard();
        ask(subject, "send/contract/huge", "100000");
        ask(subject, "echo/contract/next", "next");
        yield* expect(subject, 0, 2);
        equal(
          [heard.topics, heard.payloads],
          [
            ["contract/huge", "contract/next"],
            ["(too large)", "next"],
          ],
        );
      },
    ),
    inTime("when the broker drops it, it is offline and publishes nothing", function* (subject): Task<void> {
      heard = newHeard();
      ask(subject, "drop", "");
      yield* expect(subject, 1, 0);
      equal(heard.events, ["offline"]);
      equal(subject.mqtt.publish("please/echo/contract/lost", "lost"), false);
    }),
    inTime("it comes online again by itself, and subscribed", function* (subject): Task<void> {
      yield* expect(subject, 2, 0);
      equal(heard.events, ["offline", "online"]);
      ask(subject, "announce/contract/filter", "again");
      yield* expect(subject, 2, 1);
      equal([heard.topics, heard.payloads], [["contract/filter"], ["again"]]);
    }),
    inTime("it also comes back when the broker refuses it several times", function* (subject): Task<void> {
      heard = newHeard();
      ask(subject, "refuse", "2");
      yield* expect(subject, 4, 0);
      equal(heard.events, ["offline", "offline", "offline", "online"]);
    }),
    inTime("after a stop it tells nothing and publishes nothing", function* (subject): Task<void> {
      heard = newHeard();
      ask(subject, "echo/contract/late", "late");
      subject.mqtt.stop();
      subject.mqtt.stop();
      equal(subject.mqtt.publish("please/echo/contract/lost", "lost"), false);
      yield* longEnough(subject.clock);
      equal([heard.events, heard.topics], [[], []]);
    }),
  ];
}
