// Drawing a picture again and again (spec/cli.md §11): at once when something changed but not within 200 ms of the last
// frame, and every second for the ages. On a terminal on the alternate screen, cut to its size; elsewhere a frame is
// printed only when more than ages changed.

import type { CliIo, Terminal } from './io.ts';
import { cutToWidth } from './view/cut.ts';

export interface LiveViewOptions {
  readonly io: CliIo;
  /** The whole frame as of `now`. */
  readonly draw: (now: number) => string;
  /** Told of each change. */
  readonly onChange: (listener: () => void) => void;
  /** What makes the frame shorter; named where it is cut. */
  readonly limitFlag?: string;
  /** Ends the view; 0 = never. */
  readonly timeoutMs: number;
}

export type LiveViewEnd = 'interrupted' | 'timeout';

const tickMs = 1000;
const shortestPauseMs = 200;
const clearScreen = '\u001b[H\u001b[2J\u001b[0;0H';
const enterAlternateScreen = '\u001b[?1049h';
const leaveAlternateScreen = '\u001b[?1049l';

export function runLiveView(options: LiveViewOptions): Promise<LiveViewEnd> {
  const { io, timeoutMs } = options;
  const screen =
    io.terminal && io.env?.TERM !== 'dumb' ? alternateScreen(options, io.terminal) : printedFrames(options);
  return new Promise((resolve) => {
    let drawnAt = Number.NEGATIVE_INFINITY;
    const draw = (): void => {
      drawnAt = io.clock.now();
      screen.draw(drawnAt);
    };
    const scheduleTick = () =>
      io.clock.schedule(tickMs, () => {
        draw();
        tick = scheduleTick();
      });
    const end = (how: LiveViewEnd): void => {
      tick.cancel();
      limit?.cancel();
      stopKeys?.();
      io.signal?.removeEventListener('abort', interrupt);
      screen.end();
      resolve(how);
    };
    const interrupt = (): void => end('interrupted');
    const stopKeys = io.listenToKeys?.((key) => {
      if (key === 'q' || key === '\u0003') interrupt();
      else if (screen.scroll(key)) draw();
    });
    let tick = scheduleTick();
    const limit = timeoutMs > 0 ? io.clock.schedule(timeoutMs, () => end('timeout')) : undefined;
    draw();
    options.onChange(() => {
      if (io.clock.now() - drawnAt >= shortestPauseMs) draw();
    });
    if (io.signal?.aborted) interrupt();
    else io.signal?.addEventListener('abort', interrupt, { once: true });
  });
}

interface Screen {
  draw(now: number): void;
  /** Whether the key moved the frame. */
  scroll(key: string): boolean;
  end(): void;
}

/** One write a frame; when it ends, the last whole frame stays on the ordinary screen. */
function alternateScreen({ io, draw, limitFlag }: LiveViewOptions, terminal: Terminal): Screen {
  let offset = 0;
  let frame = '';
  io.stdout.write(enterAlternateScreen);
  return {
    draw(now) {
      frame = draw(now);
      const lines = frame.trimEnd().split('\n');
      offset = Math.max(0, Math.min(offset, lines.length - terminal.rows + 1));
      io.stdout.write(clearScreen + cutFrame(lines, offset, terminal, limitFlag));
    },
    scroll(key) {
      const step = key === '\u001b[A' || key === 'k' ? -1 : key === '\u001b[B' || key === 'j' ? 1 : 0;
      offset = Math.max(0, offset + step);
      return step !== 0;
    },
    end() {
      io.stdout.write(leaveAlternateScreen + frame);
    },
  };
}

function cutFrame(
  lines: readonly string[],
  offset: number,
  { columns, rows }: Terminal,
  limitFlag: string | undefined,
): string {
  const cut = (line: string): string => cutToWidth(line, columns);
  if (lines.length < rows) return `${lines.map(cut).join('\n')}\n`;
  const shown = lines.slice(offset, offset + rows - 1);
  const hidden = lines.length - shown.length;
  const keys = [limitFlag, 'q quit', '↑↓ scroll'].filter(Boolean).join(', ');
  return [...shown, `… ${hidden} more rows (${keys})`].map(cut).join('\n');
}

/** Without a terminal: no clearing, an empty line between frames. */
function printedFrames({ io, draw }: LiveViewOptions): Screen {
  // Two pictures drawn for the same moment differ in nothing but what really changed.
  const fixedMoment = io.clock.now();
  let last: string | undefined;
  return {
    draw(now) {
      const content = draw(fixedMoment);
      if (content === last) return;
      io.stdout.write(last === undefined ? draw(now) : `\n${draw(now)}`);
      last = content;
    },
    scroll: () => false,
    end: () => undefined,
  };
}
