/**
 * Persistent MQTT sessions that outlive the process: their filters and queued messages are records of the data folder. The broker goes by
 * what its own persistence has in memory, of which the folder is told; so nothing is slower for connections without a session.
 *
 * Not aedes-persistence-level 9.2.0: it forgets `a/#` once the same client subscribes to `a/b` at another QoS, cannot clear a message that
 * was never sent, and files messages under the numbers of mqtt-face-delivery.ts, which begin anew at each start.
 */
import type { Client } from "aedes";
import aedesPersistence from "aedes-persistence";
import type { IPublishPacket } from "mqtt-packet";
import { mqtt5On } from "./mqtt5";
import { carryAgain, savedWith, type SavedCarried } from "./mqtt5-carried";
import type { Changes } from "./rules/changes";
import type { SavedRecord } from "./rules/restore";
import { sessionKeys } from "./session-keys";

/** Where sessions are kept. */
export interface SessionRecords {
  /** What an earlier process kept, in the order of the keys. */
  readonly restored: readonly SavedRecord[];
  commit(changes: Changes): void;
  /** Resolves when all that was committed is on disk; rejects when it never will be. */
  written(): Promise<void>;
}

export interface SessionStore {
  /** For the broker. */
  readonly persistence: object;
  /** The clients whose sessions came from an earlier process. */
  readonly restored: readonly string[];
}

type Packet = IPublishPacket & { brokerId: string; brokerCounter: number };
type Named = Pick<Client, "id">;

interface Filter {
  readonly topic: string;
  readonly qos: number;
}

/** What aedes calls, of what its persistence has (aedes-persistence 11.0.0, asyncPersistence.js). */
interface Persistence {
  addSubscriptions(client: Named, filters: readonly Filter[]): Promise<void>;
  removeSubscriptions(client: Named, topics: readonly string[]): Promise<void>;
  cleanSubscriptions(client: Named): Promise<void>;
  outgoingEnqueue(subscription: { readonly clientId: string }, packet: Packet): Promise<void>;
  outgoingEnqueueCombi(subscriptions: readonly { readonly clientId: string }[], packet: Packet): Promise<void>;
  outgoingClearMessageId(client: Named, packet: object): Promise<Packet | undefined>;
}

interface SavedMessage extends Pick<IPublishPacket, "topic" | "qos" | "retain"> {
  readonly payload: string;
  /** Whether the service itself sent it. */
  readonly isOurs: boolean;
  readonly carried?: SavedCarried;
}

interface Session {
  readonly topics: Set<string>;
  /** The keys of queued messages by the broker's numbers. */
  readonly messages: Map<string, string>;
}

export async function openSessionStore(records: SessionRecords): Promise<SessionStore> {
  const memory = aedesPersistence() as unknown as Persistence;
  const sessions = new Map<string, Session>();
  let ordinal = 0;

  function sessionOf(clientId: string): Session {
    const session = sessions.get(clientId) ?? { topics: new Set(), messages: new Map() };
    sessions.set(clientId, session);
    return session;
  }

  for (const [key, record] of records.restored) {
    const [, client = "", kind, name = ""] = key.split(":");
    const clientId = decodeURIComponent(client);
    const session = sessionOf(clientId);
    if (kind === "filter") {
      const filter = { ...(record as object), topic: decodeURIComponent(name) } as Filter;
      session.topics.add(filter.topic);
      await memory.addSubscriptions({ id: clientId }, [filter]);
    } else {
      const packet = packetOf(record as SavedMessage, Number(name));
      ordinal = Math.max(ordinal, Number(name));
      session.messages.set(numbersOf(packet), key);
      await memory.outgoingEnqueue({ clientId }, packet);
    }
  }
  const restored = [...sessions.keys()];

  function queue(clientId: string, packet: Packet): void {
    const session = sessions.get(clientId);
    const numbers = numbersOf(packet);
    if (session === undefined || session.messages.has(numbers)) return;
    // Digits enough that the order of the keys is that of the messages.
    const key = keyOf(clientId, "message", String(++ordinal).padStart(16, "0"));
    session.messages.set(numbers, key);
    records.commit(new Map([[key, () => saved(packet)]]));
  }

  function tidy(clientId: string, session: Session): void {
    if (session.topics.size === 0 && session.messages.size === 0) sessions.delete(clientId);
  }

  async function forgetFilters(clientId: string, topics: readonly string[]): Promise<void> {
    const session = sessions.get(clientId);
    const known = topics.filter((topic) => session?.topics.delete(topic));
    if (session === undefined || known.length === 0) return;
    tidy(clientId, session);
    records.commit(new Map(known.map((topic) => [keyOf(clientId, "filter", topic), undefined])));
    // Once the disk takes no more the session ends in memory all the same.
    await records.written().catch(() => {});
  }

  const kept: Persistence = {
    async addSubscriptions(client, filters) {
      await original.addSubscriptions(client, filters);
      if (endsWithConnection(client)) return;
      const { topics } = sessionOf(client.id);
      for (const { topic } of filters) topics.add(topic);
      records.commit(new Map(filters.map(({ topic, ...terms }) => [keyOf(client.id, "filter", topic), () => terms])));
      await records.written();
    },
    async removeSubscriptions(client, topics) {
      await original.removeSubscriptions(client, topics);
      await forgetFilters(client.id, topics);
    },
    async cleanSubscriptions(client) {
      await original.cleanSubscriptions(client);
      await forgetFilters(client.id, [...(sessions.get(client.id)?.topics ?? [])]);
    },
    // These do not wait for the disk: aedes drops a message that another one of the same broker has overtaken.
    async outgoingEnqueue(subscription, packet) {
      queue(subscription.clientId, packet);
      await original.outgoingEnqueue(subscription, packet);
    },
    async outgoingEnqueueCombi(subscriptions, packet) {
      for (const { clientId } of subscriptions) queue(clientId, packet);
      await original.outgoingEnqueueCombi(subscriptions, packet);
    },
    async outgoingClearMessageId(client, packet) {
      const gone = await original.outgoingClearMessageId(client, packet);
      const session = sessions.get(client.id);
      if (gone === undefined || session === undefined) return gone;
      const key = session.messages.get(numbersOf(gone));
      if (key === undefined) return gone;
      session.messages.delete(numbersOf(gone));
      tidy(client.id, session);
      records.commit(new Map([[key, undefined]]));
      return gone;
    },
  };
  const original = Object.fromEntries(
    (Object.keys(kept) as (keyof Persistence)[]).map((name) => [name, (memory[name] as () => unknown).bind(memory)]),
  ) as unknown as Persistence;
  return { persistence: Object.assign(memory, kept), restored };
}

function keyOf(clientId: string, kind: "filter" | "message", name: string): string {
  return `${sessionKeys}${encodeURIComponent(clientId)}:${kind}:${encodeURIComponent(name)}`;
}

function numbersOf({ brokerId, brokerCounter }: Packet): string {
  return `${brokerId}:${brokerCounter}`;
}

/** MQTT 5 has sessions that are none. */
function endsWithConnection(client: Named): boolean {
  const { conn } = client as Partial<Client>;
  return conn !== undefined && mqtt5On(conn)?.terms.expirySeconds === 0;
}

function saved({ topic, qos, retain, payload, brokerId }: Packet): SavedMessage {
  const bytes = Buffer.from(payload);
  const carried = typeof payload === "string" ? undefined : savedWith(payload);
  const isOurs = brokerId.startsWith("jobs-");
  return { topic, qos, retain, payload: bytes.toString("base64"), isOurs, ...(carried && { carried }) };
}

/** Numbered apart from what this process sends. */
function packetOf({ payload, isOurs, carried, ...rest }: SavedMessage, brokerCounter: number): Packet {
  const bytes = Buffer.from(payload, "base64");
  if (carried !== undefined) carryAgain(bytes, carried);
  return { cmd: "publish", dup: false, ...rest, payload: bytes, brokerId: isOurs ? "jobs-kept" : "kept", brokerCounter };
}
