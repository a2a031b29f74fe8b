// Lets faults happen on the way between a controller process and the API server. Nothing in the controller knows of it:
// each process is given a Transport and a clock from here. Each fault, and each request that it hits, is a log line.

import type { Clock, TimerHandle } from '../../controller/lang/time.ts';
import { TransportRefusal } from '../apiserver/in-memory-transport.ts';
import type { InMemoryTransport, TransportRequest } from '../apiserver/types.ts';
import { connectionReset, FaultyWatch } from './faulty-watch.ts';
import { skewedClock } from './skewed-clock.ts';
import { type Fault, faultText, type ScheduledFault } from './types.ts';

export interface FaultInjectorOptions {
  readonly clock: Clock;
  /** Told of each line of the log. */
  readonly log: (line: string) => void;
  /** For all clients, not only for the controllers. */
  readonly server: { goDown(): void; comeUp(): void };
  /** The process that writes through this transport has died. */
  readonly killed: () => void;
  /** A second process begins to act, and ends. */
  readonly secondLeader: { start(): void; end(): void };
}

/** The Transport of one process; `sever` is its death: nothing that it asked for is ever answered. */
export interface ProcessTransport extends InMemoryTransport {
  sever(): void;
}

export interface FaultInjector {
  /** The wall clock of the controllers. */
  readonly clock: Clock;
  connect(transport: InMemoryTransport): ProcessTransport;
  strike(fault: Fault): void;
  /** Strikes at the times that the script says, from now on. */
  run(script: readonly ScheduledFault[]): void;
  /** No new trouble; what is broken stays broken until it is found out. */
  clear(): void;
}

type Response = Awaited<ReturnType<InMemoryTransport['request']>>;
type CountedFault = Extract<Fault, { readonly times: number }>;

const reasons = { 409: 'Conflict', 429: 'TooManyRequests', 500: 'InternalError', 503: 'ServiceUnavailable' } as const;
/** One promise for each who waits: a shared one would hold on to all of them for ever. */
const never = (): Promise<never> => new Promise(() => undefined);

export function createFaultInjector(options: FaultInjectorOptions): FaultInjector {
  const { clock, log } = options;
  const wallClock = skewedClock(clock);
  const watches = new Set<FaultyWatch>();
  const timers = new Set<TimerHandle>();
  const answeredLists = new Map<string, Response>();
  let counted: { readonly fault: CountedFault; left: number }[] = [];
  let latencies: Extract<Fault, { kind: 'latency' }>[] = [];
  let outages = 0;
  /** Connections are of one life of the server. */
  let serverLife = 0;
  let writesToDeath: number | undefined;

  function after(delayMs: number, run: () => void): void {
    const timer = clock.schedule(delayMs, () => {
      timers.delete(timer);
      run();
    });
    timers.add(timer);
  }

  function strike(fault: Fault): void {
    log(`fault: ${faultText(fault)}`);
    switch (fault.kind) {
      case 'latency':
        latencies.push(fault);
        after(fault.forMs, () => {
          latencies = latencies.filter((other) => other !== fault);
        });
        return;
      case 'refuse':
      case 'reset':
      case 'stale-list':
        counted.push({ fault, left: fault.times });
        return;
      case 'duplicate-events':
        for (const watch of of(fault.plural)) watch.duplicate(fault.times);
        return;
      case 'lose-events':
        for (const watch of of(fault.plural)) {
          watch.lose(fault.times);
          clock.schedule(fault.forMs, () => watch.expire());
        }
        return;
      case 'silence':
        for (const watch of of(fault.plural)) {
          watch.silence();
          clock.schedule(fault.forMs, () => watch.cut());
        }
        return;
      case 'restart-api-server':
        return restartServer(fault.forMs);
      case 'clock-jump':
        return wallClock.jump(fault.ms);
      case 'kill-controller':
        writesToDeath = fault.afterWrites;
        return;
      case 'second-leader':
        options.secondLeader.start();
        clock.schedule(fault.forMs, () => {
          log('the second leader ends');
          options.secondLeader.end();
        });
        return;
    }
  }

  function restartServer(forMs: number): void {
    outages += 1;
    serverLife += 1;
    if (outages === 1) options.server.goDown();
    clock.schedule(forMs, () => {
      outages -= 1;
      if (outages > 0) return; // one of two that overlap
      options.server.comeUp();
      log('the API server is back');
    });
  }

  function of(plural: string): FaultyWatch[] {
    return [...watches].filter((watch) => watch.plural === plural);
  }

  function take(asked: TransportRequest): CountedFault | undefined {
    const entry = counted.find(({ fault }) => hits(fault, asked, answeredLists));
    if (entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left === 0) counted = counted.filter((other) => other !== entry);
    log(`${entry.fault.kind}${'status' in entry.fault ? ` ${entry.fault.status}` : ''}: ${asked.verb} ${asked.path}`);
    return entry.fault;
  }

  async function pass(inner: InMemoryTransport, asked: TransportRequest): Promise<Response> {
    const delayMs = latencies
      .filter(({ verb }) => verb === undefined || verb === asked.verb)
      .reduce((sum, { ms }) => sum + ms, 0);
    if (delayMs > 0) await sleep(delayMs / 2);
    const life = serverLife;
    const fault = take(asked);
    if (fault?.kind === 'refuse') throw refusal(fault, asked);
    if (fault?.kind === 'reset' && !fault.isApplied) throw connectionReset(isWrite(asked));
    if (fault?.kind === 'stale-list') return answeredLists.get(listKey(asked))!;
    const response = await inner.request(asked);
    if (isList(asked) && !answeredLists.has(listKey(asked))) answeredLists.set(listKey(asked), response);
    if (fault?.kind === 'reset') throw connectionReset(true);
    if (delayMs > 0) await sleep(delayMs / 2);
    if (serverLife !== life) throw connectionReset(isWrite(asked)); // the answer was under way
    return response;
  }

  function sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      clock.schedule(delayMs, resolve);
    });
  }

  /** Whether the process dies of this write. */
  function isDeadly(asked: TransportRequest): boolean {
    if (writesToDeath === undefined || !isWrite(asked) || asked.path.endsWith('/events')) return false;
    writesToDeath -= 1;
    if (writesToDeath > 0) return false;
    writesToDeath = undefined;
    log(`killed after: ${asked.verb} ${asked.path}`);
    return true;
  }

  return {
    clock: wallClock,
    strike,
    connect(inner) {
      let isDead = false;
      const own = new Set<FaultyWatch>();
      const sever = (): void => {
        isDead = true;
        for (const watch of own) watch.cancel();
        inner.close();
      };
      return {
        async request(asked) {
          if (isDead) return never();
          const answer = await pass(inner, asked).then(
            (response) => ({ response }),
            (problem: unknown) => ({ problem }),
          );
          if (isDead) return never();
          if ('problem' in answer) throw answer.problem;
          if (!isDeadly(asked)) return answer.response;
          sever();
          options.killed();
          return never();
        },
        watch(asked, sink) {
          const watch = new FaultyWatch(asked.path.split('/').at(-1) ?? '', sink);
          if (isDead) return { cancel: () => undefined };
          watches.add(watch);
          own.add(watch);
          for (const other of watches) if (other.isOver) watches.delete(other);
          watch.runs(inner.watch(asked, watch.sink));
          return { cancel: () => watch.cancel() };
        },
        close: () => inner.close(),
        sever,
      };
    },
    run(script) {
      for (const { atMs, fault } of script) after(atMs, () => strike(fault));
    },
    clear() {
      for (const timer of timers) timer.cancel();
      timers.clear();
      counted = [];
      latencies = [];
      writesToDeath = undefined;
      log('no more faults');
    },
  };
}

function hits(fault: CountedFault, asked: TransportRequest, lists: ReadonlyMap<string, Response>): boolean {
  switch (fault.kind) {
    case 'refuse':
    case 'reset':
      return fault.verb === undefined ? isWrite(asked) : fault.verb === asked.verb;
    case 'stale-list':
      return isList(asked) && pluralOf(asked) === fault.plural && lists.has(listKey(asked));
    default:
      return false;
  }
}

function refusal(fault: Extract<Fault, { kind: 'refuse' }>, asked: TransportRequest): TransportRefusal {
  const { status, retryAfterSeconds } = fault;
  return new TransportRefusal({
    status,
    reason: reasons[status],
    message: `injected: ${reasons[status]} for ${asked.verb} ${asked.path}`,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1000 }),
  });
}

function isWrite({ verb }: TransportRequest): boolean {
  return verb !== 'GET';
}

/** Collections have plural names at the end of their paths; only the first page of one can be stale here. */
function isList(asked: TransportRequest): boolean {
  return asked.verb === 'GET' && (asked.query?.limit !== undefined || asked.query?.resourceVersion !== undefined);
}

function listKey({ path, query }: TransportRequest): string {
  return `${path}?${query?.labelSelector ?? ''}&${query?.continue ?? ''}`;
}

function pluralOf({ path }: TransportRequest): string {
  return path.split('/').at(-1) ?? '';
}
