// Cuts a byte stream into lines. Bytes are joined once per line, decoded as UTF-8 only when a line is complete.

export interface LineSplitter {
  push(chunk: Buffer): void;
  /** No begun line is waiting for its end. */
  readonly isEmpty: boolean;
}

const newline = 0x0a;
/** Longer than any object that etcd stores (1.5 MB by default), many times. */
const longestLine = 64 * 1024 * 1024;

export function createLineSplitter(onLine: (line: string) => void): LineSplitter {
  let pending: Buffer[] = [];
  let pendingLength = 0;

  return {
    get isEmpty() {
      return pendingLength === 0;
    },
    push(chunk) {
      let start = 0;
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
        const piece = chunk.subarray(start, at);
        const line = pendingLength === 0 ? piece : Buffer.concat([...pending, piece]);
        pending = [];
        pendingLength = 0;
        start = at + 1;
        if (line.length > 0) onLine(line.toString('utf8'));
      }
      if (start === chunk.length) return;
      pending.push(chunk.subarray(start));
      pendingLength += chunk.length - start;
      if (pendingLength > longestLine) throw new Error('a line of the watch stream is longer than 64 MiB');
    },
  };
}
