// Lines out of a stream of bytes; long ones are cut, for nobody knows who writes them.

const longestLine = 8 * 1024;

export class Lines {
  readonly #onLine: (line: string) => void;
  #begun = Buffer.alloc(0);

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(bytes: Uint8Array): void {
    let rest = bytes;
    for (let at = rest.indexOf(0x0a); at >= 0; at = rest.indexOf(0x0a)) {
      this.#gather(rest.subarray(0, at));
      this.end();
      rest = rest.subarray(at + 1);
    }
    this.#gather(rest);
  }

  /** What is left is a line, too. */
  end(): void {
    const line = this.#begun.toString('utf8').trimEnd();
    this.#begun = Buffer.alloc(0);
    if (line !== '') this.#onLine(line);
  }

  #gather(bytes: Uint8Array): void {
    const room = longestLine - this.#begun.length;
    if (room > 0 && bytes.length > 0) this.#begun = Buffer.concat([this.#begun, bytes.subarray(0, room)]);
  }
}
