/** Writing to flash as a loader does it: begin, blocks, end; plain or compressed. */
import { constants, inflateSync } from "node:zlib";
import type { NorFlash } from "./nor-flash";
import { checksumOf, type Command, type Failure } from "./protocol";

export interface FlashDownload {
  begin(command: Command, isCompressed: boolean): Failure | undefined;
  /** What is wrong with a block as it arrived; a good one is written, and what goes wrong then is kept for `problem`. */
  block(command: Command): Failure | undefined;
  end(): Failure | undefined;
  /** What went wrong while writing since the last call. */
  problem(): Failure | undefined;
}

const maxBlockBytes = 0x4000;
const blockHeaderBytes = 16;

interface Running {
  readonly isCompressed: boolean;
  readonly offset: number;
  /** What a plain download writes is padded to whole blocks; a compressed one has this many bytes when inflated. */
  readonly sizeBytes: number;
  written: number;
  received: Buffer[];
}

export function createFlashDownload(flash: NorFlash): FlashDownload {
  let running: Running | undefined;
  let kept: Failure | undefined;

  function put(download: Running, bytes: Buffer): void {
    if (!flash.write(download.offset + download.written, bytes)) kept = "spiFailed";
    download.written += bytes.length;
  }

  function inflateInto(download: Running, bytes: Buffer): void {
    download.received.push(bytes);
    let inflated: Buffer;
    try {
      // So much as there is by now: a chip inflates as the blocks come in.
      inflated = inflateSync(Buffer.concat(download.received), { finishFlush: constants.Z_SYNC_FLUSH });
    } catch {
      kept = "inflateFailed";
      return;
    }
    if (inflated.length > download.sizeBytes) kept = "tooMuchData";
    else put(download, inflated.subarray(download.written));
  }

  return {
    begin(command, isCompressed) {
      const [sizeBytes, blockBytes, offset] = [command.word(0), command.word(2), command.word(3)];
      // Newer ROMs have a fifth word, for encryption.
      if (command.data.length !== 16 && command.data.length !== 20) return "badLength";
      if (blockBytes > maxBlockBytes) return "badBlockSize";
      if (offset + sizeBytes > flash.sizeBytes) return "spiFailed";
      flash.erase(offset, sizeBytes);
      running = { isCompressed, offset, sizeBytes, written: 0, received: [] };
      kept = undefined;
      return undefined;
    },
    block(command) {
      if (running === undefined) return "notInFlashMode";
      const bytes = command.data.subarray(blockHeaderBytes);
      if (command.word(0) !== bytes.length) return "badLength";
      if (checksumOf(bytes) !== command.checksum) return "badChecksum";
      if (running.isCompressed) inflateInto(running, bytes);
      else put(running, bytes);
      return undefined;
    },
    end() {
      if (running === undefined) return "notInFlashMode";
      const isShort = running.written < running.sizeBytes;
      running = undefined;
      return isShort ? "notEnoughData" : undefined;
    },
    problem() {
      const found = kept;
      kept = undefined;
      return found;
    },
  };
}
