// Several streams over one connection: the client's half of hashicorp/yamux, protocol version 0. Each stream may send as
// much as the other end's window allows, 256 KiB at first.
//
// The peer is a program of somebody else. Data is handed on as it comes and never gathered here; frames that are none,
// more data than a window allows, and a peer that reads nothing of what it is sent, end the session. Streams that the
// peer opens are refused: no plugin needs one.

import type { Socket } from 'node:net';
import { encodeFrame, type Frame, FrameParser, flags, goAwayReasons, YamuxError } from './yamux-frames.ts';
import { type StreamListener, YamuxStream } from './yamux-stream.ts';

/** What waits for the socket. */
const mostWaitingBytes = 16 * 1024 * 1024;

export class YamuxSession {
  readonly #socket: Socket;
  readonly #onEnd: (problem: string | undefined) => void;
  readonly #streams = new Map<number, YamuxStream>();
  readonly #parser: FrameParser;
  #nextId = 1;
  #isOver = false;

  /** `onEnd` is told once: what went wrong, or nothing when either end just closed. */
  constructor(socket: Socket, onEnd: (problem: string | undefined) => void) {
    this.#socket = socket;
    this.#onEnd = onEnd;
    this.#parser = new FrameParser({
      onFrame: (frame) => this.#received(frame),
      onData: (frame, bytes, left) => this.#data(frame, bytes, left),
    });
    socket.on('data', (bytes: Buffer) => this.#guard(() => this.#parser.push(bytes)));
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end(undefined));
  }

  /** A new stream. Where the session is over, so is the stream. */
  open(listener: StreamListener): Pick<YamuxStream, 'write' | 'close'> {
    const id = this.#nextId;
    this.#nextId += 2; // those of clients are odd
    const stream = new YamuxStream(id, listener, {
      send: (bytes) => this.#send(bytes),
      done: () => this.#streams.delete(id),
    });
    if (this.#isOver) {
      queueMicrotask(() => stream.over());
      return stream;
    }
    this.#streams.set(id, stream);
    this.#send(encodeFrame({ type: 'window', flags: flags.syn, id, length: 0 }));
    return { write: (bytes) => this.#guard(() => stream.write(bytes)), close: () => stream.close() };
  }

  close(): void {
    this.#goAway(goAwayReasons.normal);
    this.#end(undefined);
  }

  #guard(work: () => void): void {
    if (this.#isOver) return;
    try {
      work();
    } catch (error) {
      if (!(error instanceof YamuxError)) throw error;
      this.#goAway(goAwayReasons.protocolError);
      this.#end(error.message);
    }
  }

  #received(frame: Frame): void {
    const { type, id, length } = frame;
    const stream = this.#streams.get(id);
    switch (type) {
      case 'ping':
        if ((frame.flags & flags.syn) !== 0) this.#send(encodeFrame({ ...frame, flags: flags.ack }));
        break;
      case 'goAway':
        this.#end(length === goAwayReasons.normal ? undefined : 'the plugin refuses to go on');
        break;
      case 'data':
        stream?.announced(length);
        break;
      default:
        stream?.granted(length);
        this.#flagged(frame);
    }
    // Those of streams that were closed here a moment ago are skipped.
  }

  #data(frame: Frame, bytes: Uint8Array, left: number): void {
    const stream = this.#streams.get(frame.id);
    stream?.received(bytes);
    if (left > 0) return;
    stream?.taken();
    this.#flagged(frame);
  }

  #flagged({ flags: given, id }: Frame): void {
    if ((given & flags.syn) !== 0) this.#send(encodeFrame({ type: 'window', flags: flags.rst, id, length: 0 }));
    else if ((given & (flags.fin | flags.rst)) !== 0) this.#streams.get(id)?.ended((given & flags.rst) !== 0);
  }

  #goAway(reason: number): void {
    this.#send(encodeFrame({ type: 'goAway', flags: 0, id: 0, length: reason }));
  }

  #send(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > mostWaitingBytes) this.#end('the plugin does not read what it is sent');
  }

  #end(problem: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (problem === undefined) this.#socket.end(() => this.#socket.destroy());
    else this.#socket.destroy();
    for (const stream of this.#streams.values()) stream.over();
    this.#streams.clear();
    this.#onEnd(problem);
  }
}
