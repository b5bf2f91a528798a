/** Finds the connections that may have subscribed to a thing's topics, without looking at all connections. */
import type { Client } from "aedes";
import { subscriptionsOf } from "./broker-inside";
import { covers } from "./topic-filters";

export interface Subscribers {
  /** To be called before a filter takes effect; one that then is refused does no harm. */
  add(client: Client, filter: string): void;
  /** To be called after filters were given up. */
  review(client: Client): void;
  remove(client: Client): void;
  /** Connections with a filter that covers the topic, each once, with the best QoS that it was granted. */
  of(thingName: string, topic: string): [client: Client, qos: number][];
}

/** What stands for filters that name no single thing. */
const anyThing = "";

export function openSubscribers(): Subscribers {
  const byThing = new Map<string, Set<Client>>();
  const things = new Map<Client, Set<string>>();

  function add(client: Client, filter: string): void {
    const thing = thingIn(filter);
    if (thing === undefined) return;
    let clients = byThing.get(thing);
    if (clients === undefined) byThing.set(thing, (clients = new Set()));
    clients.add(client);
    let own = things.get(client);
    if (own === undefined) things.set(client, (own = new Set()));
    own.add(thing);
  }

  function remove(client: Client): void {
    for (const thing of things.get(client) ?? []) {
      const clients = byThing.get(thing);
      clients?.delete(client);
      if (clients?.size === 0) byThing.delete(thing);
    }
    things.delete(client);
  }

  return {
    add,
    remove,
    review(client) {
      remove(client);
      for (const filter of Object.keys(subscriptionsOf(client))) add(client, filter);
    },
    of(thingName, topic) {
      const found = new Map<Client, number>();
      for (const key of [thingName, anyThing]) {
        for (const client of byThing.get(key) ?? []) {
          const qos = granted(client, topic);
          if (qos !== undefined) found.set(client, qos);
        }
      }
      return [...found];
    },
  };
}

/** The thing whose topics a filter is for, undefined when it covers no topic of any thing. */
function thingIn(filter: string): string | undefined {
  const [first, second, third = "#"] = filter.split("/");
  if (first !== "$aws" || (second !== "things" && second !== "+" && second !== "#")) return undefined;
  return third === "+" || third === "#" || second === "#" ? anyThing : third;
}

/** The best QoS at which a connection has subscribed to a topic, undefined when it has not. */
export function granted(client: Client, topic: string): number | undefined {
  let best: number | undefined;
  for (const [filter, { qos }] of Object.entries(subscriptionsOf(client))) {
    if ((best === undefined || qos > best) && covers(filter, topic)) best = qos;
  }
  return best;
}
