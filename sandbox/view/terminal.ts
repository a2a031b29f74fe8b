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
  stream.write('\u001b[?1049h\u001b[?25l\u001b[2J');
  return {
    show(state) {
      const rows = stream.rows ?? 40;
      const lines = renderScreen(state, { columns: stream.columns ?? 100, color: true }).slice(0, rows - 1);
      const height = Math.max(lines.length, shown.length);
      let output = '';
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
