/** When sessions begin anew and when they end. The broker inside keeps one for ever or not at all. */
import type { Aedes } from "aedes";
import type { TimeSource } from "../time";

/** Seconds that a session may outlive its connection, and does in 3.1.1, unless an account has more (developer guide, "MQTT persistent sessions"). */
export const maxSessionExpirySeconds = 3600;

export interface MqttSessions {
  /** A client that wants no session is here; the broker has ended an earlier one. */
  takeOver(clientId: string): void;
  /** Resolves when the client may connect, with what is to be called when its connection has ended. */
  enter(clientId: string, cleanStart: boolean): Promise<(expirySeconds: number) => void>;
}

interface Stay {
  cancelExpiry?: () => void;
}

/** The sessions in `restored` are of an earlier process. How long their connections have been gone is not known: their hour begins now. */
export function openMqttSessions(broker: () => Aedes, time: TimeSource, restored: readonly string[] = []): MqttSessions {
  const stays = new Map<string, Stay>();
  const ending = new Map<string, Promise<void>>();

  function forget(clientId: string): Promise<void> {
    const end = forgetSession(broker(), clientId).finally(() => {
      if (ending.get(clientId) === end) ending.delete(clientId);
    });
    ending.set(clientId, end);
    return end;
  }

  function takeOver(clientId: string): void {
    stays.get(clientId)?.cancelExpiry?.();
    stays.delete(clientId);
  }

  function end(clientId: string, stay: Stay): void {
    if (stays.get(clientId) !== stay) return;
    stays.delete(clientId);
    void forget(clientId);
  }

  function expire(clientId: string, stay: Stay, seconds: number): void {
    stay.cancelExpiry = time.after(seconds * 1000, () => end(clientId, stay));
  }

  for (const clientId of restored) {
    const stay: Stay = {};
    stays.set(clientId, stay);
    expire(clientId, stay, maxSessionExpirySeconds);
  }

  return {
    takeOver,
    async enter(clientId, cleanStart) {
      takeOver(clientId);
      const stay: Stay = {};
      stays.set(clientId, stay);
      await ending.get(clientId);
      if (cleanStart) await forget(clientId);
      return (expirySeconds) => {
        if (stays.get(clientId) !== stay) return;
        if (expirySeconds === 0) end(clientId, stay);
        else expire(clientId, stay, expirySeconds);
      };
    },
  };
}

interface Persistence {
  cleanSubscriptions(client: { readonly id: string }): Promise<unknown>;
  outgoingStream(client: { readonly id: string }): AsyncIterable<object>;
  outgoingClearMessageId(client: { readonly id: string }, packet: object): Promise<unknown>;
}

/** Removes subscriptions and queued messages of a client that is not connected. */
async function forgetSession(broker: Aedes, id: string): Promise<void> {
  const { persistence } = broker as unknown as { persistence: Persistence };
  await persistence.cleanSubscriptions({ id });
  for await (const packet of persistence.outgoingStream({ id })) await persistence.outgoingClearMessageId({ id }, packet);
}
