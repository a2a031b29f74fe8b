// One stream of a yamux session: what may be sent now, what waits, and when both ends are done.

import { encodeFrame, flags, initialWindow, YamuxError } from './yamux-frames.ts';

export interface StreamListener {
  onData(bytes: Uint8Array): void;
  /** Once: the peer sends no more, or the session is over. */
  onEnd(): void;
}

export interface StreamWires {
  send(bytes: Uint8Array): void;
  /** Both ends have closed it. */
  done(): void;
}

/** Arguments of a call are a tenth of a megabyte. */
const mostWaitingBytes = 16 * 1024 * 1024;
const largestFrame = 64 * 1024;
const largestWindow = 2 ** 32 - 1;

export class YamuxStream {
  readonly #id: number;
  readonly #listener: StreamListener;
  readonly #wires: StreamWires;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** What the peer takes, and what it may send. */
  #sendWindow = initialWindow;
  #receiveWindow = initialWindow;
  #hasPeerEnded = false;
  #isClosed = false;

  constructor(id: number, listener: StreamListener, wires: StreamWires) {
    this.#id = id;
    this.#listener = listener;
    this.#wires = wires;
  }

  /** Sent as fast as the peer's window allows. Throws a YamuxError when it does not take what it was sent before. */
  write(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#flush();
    if (this.#waitingBytes > mostWaitingBytes) throw new YamuxError('the plugin does not read what it is sent');
  }

  /** Nothing more is sent; what waits is dropped. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting.length = 0;
    this.#frame(flags.fin);
    if (this.#hasPeerEnded) this.#wires.done();
  }

  /** The header of a data frame came. */
  announced(length: number): void {
    if (length > this.#receiveWindow) throw new YamuxError('the plugin sends more than its window allows');
    this.#receiveWindow -= length;
  }

  received(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#listener.onData(bytes);
  }

  /** The data of a frame is complete. Nothing is kept here, so the window grows again. */
  taken(): void {
    if (this.#receiveWindow > initialWindow / 2) return;
    this.#frame(0, initialWindow - this.#receiveWindow);
    this.#receiveWindow = initialWindow;
  }

  granted(length: number): void {
    this.#sendWindow += length;
    if (this.#sendWindow > largestWindow) throw new YamuxError('the plugin gives a window that is too large');
    this.#flush();
  }

  /** The peer sends no more; where it is a reset, it takes no more either. */
  ended(isReset: boolean): void {
    if (isReset) this.#isClosed = true;
    this.over();
    if (this.#isClosed) this.#wires.done();
  }

  /** The session is over, or the peer's half of the stream is. */
  over(): void {
    if (this.#hasPeerEnded) return;
    this.#hasPeerEnded = true;
    this.#listener.onEnd();
  }

  #flush(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#sendWindow > 0; next = this.#waiting[0]) {
      const part = next.subarray(0, Math.min(this.#sendWindow, largestFrame));
      if (part.length === next.length) this.#waiting.shift();
      else this.#waiting[0] = next.subarray(part.length);
      this.#sendWindow -= part.length;
      this.#waitingBytes -= part.length;
      this.#wires.send(encodeFrame({ type: 'data', flags: 0, id: this.#id, length: part.length }));
      this.#wires.send(part);
    }
  }

  #frame(given: number, length = 0): void {
    this.#wires.send(encodeFrame({ type: 'window', flags: given, id: this.#id, length }));
  }
}
