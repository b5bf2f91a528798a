/** Holds back messages at QoS 1 while a client has as many unacknowledged ones as it can bear: its receive maximum. */
import type { IPublishPacket } from "mqtt-packet";

export interface Outgoing {
  readonly packet: IPublishPacket;
  /** The Buffer that what the publisher sent beside the payload hangs on. */
  readonly carrier: Buffer;
}

export interface Mqtt5Window {
  offer(message: Outgoing): void;
  acknowledged(messageId: number): void;
}

/** `send` gives false for a message that it left out. */
export function openWindow(size: () => number, send: (message: Outgoing) => boolean): Mqtt5Window {
  const unacknowledged = new Set<number>();
  const waiting: Outgoing[] = [];

  function sendWaiting(): void {
    while (unacknowledged.size < size()) {
      const message = waiting.shift();
      if (message === undefined) return;
      if (send(message)) unacknowledged.add(message.packet.messageId ?? 0);
    }
  }

  return {
    offer(message) {
      if (message.packet.qos === 0) return void send(message);
      waiting.push(message);
      sendWaiting();
    },
    acknowledged(messageId) {
      unacknowledged.delete(messageId);
      sendWaiting();
    },
  };
}
