// Frames of hashicorp/yamux: 12 bytes, big-endian (version, type, flags, stream, length), then data if it is a data frame.

export type FrameType = 'data' | 'window' | 'ping' | 'goAway';

export interface Frame {
  readonly type: FrameType;
  readonly flags: number;
  readonly id: number;
  /** Bytes of data; bytes that the window grows by; the value of a ping; the reason of a go-away. */
  readonly length: number;
}

export const flags = { syn: 1, ack: 2, fin: 4, rst: 8 } as const;
export const goAwayReasons = { normal: 0, protocolError: 1 } as const;
/** Of each stream, in each direction. */
export const initialWindow = 256 * 1024;

const types: readonly FrameType[] = ['data', 'window', 'ping', 'goAway'];
const headerLength = 12;
const version = 0;

/** The peer does not speak yamux, or abuses it. */
export class YamuxError extends Error {
  override readonly name = 'YamuxError';
}

export function encodeFrame(frame: Frame): Buffer {
  const bytes = Buffer.alloc(headerLength);
  bytes.writeUInt8(version);
  bytes.writeUInt8(types.indexOf(frame.type), 1);
  bytes.writeUInt16BE(frame.flags, 2);
  bytes.writeUInt32BE(frame.id, 4);
  bytes.writeUInt32BE(frame.length, 8);
  return bytes;
}

export interface FrameListener {
  onFrame(frame: Frame): void;
  /** Data of the frame that came last, as it comes; `left` bytes of it are still to come. Also told once of no data. */
  onData(frame: Frame, bytes: Uint8Array, left: number): void;
}

/** Takes a stream of bytes apart. Only headers are gathered. */
export class FrameParser {
  readonly #listener: FrameListener;
  #header: Uint8Array = new Uint8Array();
  /** The data frame at work. */
  #frame: Frame | undefined;
  #left = 0;

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#frame !== undefined) at += this.#data(this.#frame, bytes.subarray(at));
      else at += this.#head(bytes.subarray(at));
    }
  }

  #data(frame: Frame, bytes: Uint8Array): number {
    const part = bytes.subarray(0, this.#left);
    this.#left -= part.length;
    if (this.#left === 0) this.#frame = undefined;
    this.#listener.onData(frame, part, this.#left);
    return part.length;
  }

  #head(bytes: Uint8Array): number {
    const part = bytes.subarray(0, headerLength - this.#header.length);
    this.#header = Buffer.concat([this.#header, part]);
    if (this.#header.length < headerLength) return part.length;
    const frame = decodeFrame(Buffer.from(this.#header));
    this.#header = new Uint8Array();
    this.#listener.onFrame(frame);
    if (frame.type === 'data') {
      this.#left = frame.length;
      if (frame.length > 0) this.#frame = frame;
      else this.#listener.onData(frame, new Uint8Array(), 0);
    }
    return part.length;
  }
}

function decodeFrame(header: Buffer): Frame {
  const type = types[header.readUInt8(1)];
  if (header.readUInt8() !== version || type === undefined) throw new YamuxError('what comes is no yamux');
  return { type, flags: header.readUInt16BE(2), id: header.readUInt32BE(4), length: header.readUInt32BE(8) };
}
