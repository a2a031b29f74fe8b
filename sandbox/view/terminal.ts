// Puts the screen on a terminal: the alternate buffer, redrawn only where lines changed, left as it was found.

import { renderScreen, type ScreenState } from './screen.ts';

interface TerminalStream {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export interface View {
  show(state: ScreenState): void;
  end(): void;
}

export function makeTerminalView(stream: TerminalStream): View {
  let shown: string[] = [];
  let size = '';
  stream.write('\u001b[?1049h\u001b[?25l\u001b[2J');
  return {
    show(state) {
      // A terminal that was never given a size has none, or says 0.
      const rows = stream.rows || 40;
      const columns = stream.columns || 100;
      const lines = renderScreen(state, { columns, rows: Math.max(1, rows - 1), color: true });
      let output = '';
      if (size !== `${columns}x${rows}`) {
        // Another size: the terminal has wrapped and moved lines as it liked.
        size = `${columns}x${rows}`;
        shown = [];
        output = '\u001b[2J';
      }
      const height = Math.max(lines.length, shown.length);
      for (let row = 0; row < height; row++) {
        const line = lines[row] ?? '';
        if (line !== shown[row]) output += `\u001b[${row + 1};1H\u001b[2K${line}`;
      }
      shown = lines;
      if (output !== '') stream.write(output);
    },
    end() {
      stream.write('\u001b[?25h\u001b[?1049l');
    },
  };
}
