/** The incoming side of esp-mqtt: a PUBLISH that does not fit into the buffer is handed on in pieces (mqtt_client.c, deliver_publish). */

export interface Incoming {
  /** A whole packet other than PUBLISH. */
  packet(bytes: Buffer): void;
  /** A message or a piece of one: where in it that begins, and how long the whole is. */
  data(topic: Buffer, data: Buffer, offset: number, totalBytes: number): void;
  /** A message of QoS 1 or 2 is complete. */
  acknowledge(qos: number, messageId: number): void;
}

const publishType = 3;

interface Header {
  readonly type: number;
  readonly qos: number;
  readonly headerBytes: number;
  readonly packetBytes: number;
}

function readHeader(bytes: Buffer): Header | undefined {
  let remaining = 0;
  for (let i = 1; i < bytes.length && i <= 4; i++) {
    remaining += (bytes[i]! & 0x7f) * 128 ** (i - 1);
    if ((bytes[i]! & 0x80) !== 0) continue;
    return { type: bytes[0]! >> 4, qos: (bytes[0]! >> 1) & 3, headerBytes: i + 1, packetBytes: i + 1 + remaining };
  }
  return undefined;
}

/** Takes what the connection gives. `random` cuts the later pieces, as records of TLS and segments of TCP do. */
export function bufferIncoming(bufferBytes: number, random: () => number, incoming: Incoming): (chunk: Buffer) => void {
  let received = Buffer.alloc(0);
  /** The message of which the first piece was delivered. */
  let open: { restBytes: number; readonly totalBytes: number; readonly qos: number; readonly messageId: number } | undefined;

  function finish(qos: number, messageId: number): void {
    if (qos > 0) incoming.acknowledge(qos, messageId);
  }

  function publish(header: Header, packet: Buffer): void {
    const topicBytes = packet.readUInt16BE(header.headerBytes);
    const topicAt = header.headerBytes + 2;
    const payloadAt = topicAt + topicBytes + (header.qos > 0 ? 2 : 0);
    const messageId = header.qos > 0 ? packet.readUInt16BE(topicAt + topicBytes) : 0;
    const totalBytes = header.packetBytes - payloadAt;
    incoming.data(packet.subarray(topicAt, topicAt + topicBytes), packet.subarray(payloadAt), 0, totalBytes);
    if (packet.length === header.packetBytes) finish(header.qos, messageId);
    else open = { restBytes: header.packetBytes - packet.length, totalBytes, qos: header.qos, messageId };
  }

  return (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      if (open !== undefined) {
        if (received.length === 0) return;
        const size = Math.min(open.restBytes, received.length, bufferBytes, 1 + Math.floor(random() * 2 * bufferBytes));
        incoming.data(Buffer.alloc(0), received.subarray(0, size), open.totalBytes - open.restBytes, open.totalBytes);
        received = received.subarray(size);
        open.restBytes -= size;
        if (open.restBytes > 0) continue;
        finish(open.qos, open.messageId);
        open = undefined;
        continue;
      }
      const header = readHeader(received);
      if (header === undefined) return;
      const wanted = header.type === publishType ? Math.min(header.packetBytes, bufferBytes) : header.packetBytes;
      if (received.length < wanted) return;
      const packet = received.subarray(0, wanted);
      received = received.subarray(wanted);
      if (header.type === publishType) publish(header, packet);
      else incoming.packet(packet);
    }
  };
}
