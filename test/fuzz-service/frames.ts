/** Frames of WebSockets, as RFC 6455 has them and as it forbids them. */
import fc from "fast-check";

interface Frame {
  readonly isLast: boolean;
  readonly reserved: number;
  readonly opcode: number;
  readonly isMasked: boolean;
  /** The length that the frame claims, where it lies. */
  readonly claimed: bigint | undefined;
  readonly payload: Uint8Array;
}

function bytesOf({ isLast, reserved, opcode, isMasked, claimed, payload }: Frame): Buffer {
  const length = claimed ?? BigInt(payload.length);
  const head = [(isLast ? 0x80 : 0) | (reserved << 4) | opcode];
  const masked = isMasked ? 0x80 : 0;
  const extended = Buffer.alloc(length < 126n ? 0 : length < 65_536n ? 2 : 8);
  if (length < 126n) head.push(masked | Number(length));
  else head.push(masked | (extended.length === 2 ? 126 : 127));
  for (let index = 0; index < extended.length; index++)
    extended[index] = Number((length >> BigInt(8 * (extended.length - 1 - index))) & 0xffn);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([Buffer.from(head), extended, isMasked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}

/** A frame around each payload that `payloads` gives; most are right, so that what is inside is looked at too. */
export function framesOf(payloads: fc.Arbitrary<Uint8Array[]>): fc.Arbitrary<Buffer[]> {
  const right = { isLast: true, reserved: 0, opcode: 2, isMasked: true, claimed: undefined };
  const wrong = fc.record({
    isLast: fc.boolean(),
    reserved: fc.nat(7),
    opcode: fc.nat(15),
    isMasked: fc.boolean(),
    claimed: fc.option(fc.constantFrom(0n, 125n, 126n, 65_535n, 65_536n, 2n ** 31n, 2n ** 53n, 2n ** 64n - 1n), { nil: undefined }),
  });
  const shape = fc.oneof({ weight: 3, arbitrary: fc.constant(right) }, wrong);
  return fc
    .tuple(payloads, fc.array(shape, { minLength: 1, maxLength: 8 }))
    .map(([all, shapes]) =>
      shapes.map((each, index) => bytesOf({ ...each, payload: all[index % Math.max(1, all.length)] ?? Buffer.alloc(0) })),
    );
}
