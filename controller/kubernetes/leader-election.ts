// Which of several processes may act: a Lease, taken and renewed exactly as client-go does, because the reference
// competes for the same object (operations.md §5). A lease is judged by when this process saw it change, never by the
// times written in it.

import type { KubernetesObject } from '../api/kubernetes-types.ts';
import { formatMicroTime } from '../lang/rfc3339.ts';
import type { Clock, EpochMillis, Random, TimerHandle } from '../lang/time.ts';
import type { Fence } from './fence.ts';
import type { Logger } from './log.ts';
import { collectionPath, leases, objectPath } from './resource.ts';
import { KubeError, type Transport } from './transport.ts';

export interface LeaderElection extends Fence {
  readonly isLeader: boolean;
  /** Resolves when the lease is held (or `stop` was called); rejects with LeaseUnavailable when it never can be. */
  acquire(): Promise<void>;
  /** Called once, when a lease that was held is lost. Not called by `stop`. */
  onLost(listener: (why: string) => void): void;
  /** Renews no more. With `release`, and if it is held, the lease is given back so that a standby takes over at once. */
  stop(release: boolean): Promise<void>;
}

export interface LeaderElectionOptions {
  readonly transport: Transport;
  /** For spans: monotonic where there is one. */
  readonly clock: Clock;
  /** For the times written into the lease; `clock` unless told. */
  readonly wallClock?: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly namespace: string;
  readonly name: string;
  /** `<hostname>_<random uuid>`. */
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** The lease cannot be had by waiting: its namespace does not exist. The message is one clear line. */
export class LeaseUnavailable extends Error {
  override readonly name = 'LeaseUnavailable';
}

/** client-go's jitter: each pause of the acquire loop is retryPeriod × (1 to 2.2). */
const jitterFactor = 1.2;

/** What is wrong with the timings, or undefined. The texts are those of operations.md §5. */
export function checkLeaseTimings(timings: {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}): string | undefined {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = timings;
  if (leaseDurationMs < 1) return 'leaseDuration must be greater than zero';
  if (renewDeadlineMs < 1) return 'renewDeadline must be greater than zero';
  if (retryPeriodMs < 1) return 'retryPeriod must be greater than zero';
  if (leaseDurationMs <= renewDeadlineMs) return 'leaseDuration must be greater than renewDeadline';
  if (renewDeadlineMs <= jitterFactor * retryPeriodMs) {
    return 'renewDeadline must be greater than retryPeriod*JitterFactor';
  }
  return undefined;
}

export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  return new LeaseHolder(options);
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
  readonly [field: string]: unknown;
}

type Lease = KubernetesObject & { readonly spec?: LeaseSpec };

/** `outrun`: the lease was changed meanwhile, whoever holds it now. */
type Outcome = 'held' | 'other' | 'outrun';

class LeaseHolder implements LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #lostListeners: ((why: string) => void)[] = [];
  #observed: Lease | undefined;
  #observedAt: EpochMillis = 0;
  #renewedAt: EpochMillis | undefined;
  #stopped = false;
  /** What was lost is not held again, whatever answers are still on their way. */
  #lost = false;
  #timer: TimerHandle | undefined;
  #deadlineTimer: TimerHandle | undefined;
  #inFlight: Promise<unknown> = Promise.resolve();
  #endAcquire: (() => void) | undefined;
  #reportedHolder: string | undefined;

  constructor(options: LeaderElectionOptions) {
    const wrong = checkLeaseTimings(options);
    if (wrong !== undefined) throw new Error(wrong);
    if (options.namespace === '') throw new Error('the namespace of the leader election lease is empty');
    this.#options = options;
  }

  get isLeader(): boolean {
    return this.remainingMs() > 0;
  }

  remainingMs(): number {
    if (this.#renewedAt === undefined) return 0;
    return this.#renewedAt + this.#options.renewDeadlineMs - this.#options.clock.now();
  }

  onLost(listener: (why: string) => void): void {
    this.#lostListeners.push(listener);
  }

  acquire(): Promise<void> {
    const { random, retryPeriodMs, log, namespace, name } = this.#options;
    log.info({ lease: `${namespace}/${name}` }, 'Attempting to acquire leader lease');
    return new Promise((resolve, reject) => {
      this.#endAcquire = resolve;
      const attempt = async (): Promise<void> => {
        const outcome = await this.#tryOnce();
        if (this.#stopped) return;
        if (outcome instanceof LeaseUnavailable) {
          reject(outcome);
          return;
        }
        if (outcome !== 'held') {
          this.#after(retryPeriodMs * (1 + random.next() * jitterFactor), attempt);
          return;
        }
        log.info({ lease: `${namespace}/${name}` }, 'Acquired leader lease');
        resolve();
        this.#renewLater();
      };
      attempt().catch(reject);
    });
  }

  async stop(release: boolean): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#deadlineTimer?.cancel();
    this.#endAcquire?.();
    await this.#inFlight;
    const held = this.#renewedAt !== undefined && this.remainingMs() > 0;
    this.#renewedAt = undefined;
    if (release && held) await this.#release();
  }

  #renewLater(): void {
    const { clock, retryPeriodMs, renewDeadlineMs } = this.#options;
    const renew = async (): Promise<void> => {
      const startedAt = clock.now();
      const outcome = await this.#tryOnce();
      if (this.#stopped) return;
      // Whoever took it (somebody had deleted the lease, or edited it) acts already.
      if (outcome === 'other') this.#lose('another process holds the lease');
      else if (this.remainingMs() <= 0) this.#lose('the lease was not renewed in time');
      else this.#after(Math.max(0, Math.min(startedAt + retryPeriodMs - clock.now(), this.remainingMs())), renew);
    };
    // The deadline holds even while an attempt hangs.
    const renewedAt = this.#renewedAt ?? clock.now();
    this.#watchDeadline(renewedAt + renewDeadlineMs);
    this.#after(retryPeriodMs, renew);
  }

  #watchDeadline(at: EpochMillis): void {
    const { clock } = this.#options;
    this.#deadlineTimer = clock.schedule(Math.max(0, at - clock.now()), () => {
      if (this.#stopped || this.#renewedAt === undefined) return;
      if (this.remainingMs() > 0) this.#watchDeadline(clock.now() + this.remainingMs());
      else this.#lose('the lease was not renewed in time');
    });
  }

  #lose(why: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#lost = true;
    this.#renewedAt = undefined;
    this.#timer?.cancel();
    this.#deadlineTimer?.cancel();
    for (const listener of this.#lostListeners) listener(why);
  }

  /** One attempt to take or renew the lease. */
  async #tryOnce(): Promise<Outcome | 'failed' | LeaseUnavailable> {
    const startedAt = this.#options.clock.now();
    const attempt = this.#takeOrRenew();
    this.#inFlight = attempt.catch(() => undefined);
    try {
      const outcome = await attempt;
      // Counted from before the request: the answer may have been long on its way.
      if (outcome === 'held' && !this.#lost) this.#renewedAt = startedAt;
      return outcome;
    } catch (error) {
      if (error instanceof LeaseUnavailable) return error;
      if (!(error instanceof KubeError)) throw error;
      this.#options.log.warn({ problem: error.message }, 'Could not take or renew the leader lease');
      return 'failed';
    }
  }

  async #takeOrRenew(): Promise<Outcome> {
    const { transport, namespace, name, identity, leaseDurationMs, clock, log } = this.#options;
    let lease: Lease;
    try {
      const answer = await transport.request({
        verb: 'GET',
        path: objectPath(leases, namespace, name),
        deadlineMs: this.#deadlineMs(),
      });
      lease = answer.body as Lease;
      if (typeof lease?.metadata !== 'object') {
        throw new KubeError({
          status: 0,
          reason: 'Unreachable',
          message: `the answer about the lease ${name} is none`,
        });
      }
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return this.#create();
      throw error;
    }
    if (versionOf(lease) !== versionOf(this.#observed)) this.#observe(lease);
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder !== '' && holder !== identity && this.#observedAt + leaseDurationMs > clock.now()) {
      if (this.#reportedHolder !== holder) log.info({ holder }, 'Another process is the leader');
      this.#reportedHolder = holder;
      return 'other';
    }
    const isOurs = holder === identity;
    const now = this.#microTime();
    const spec: LeaseSpec = {
      ...lease.spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.floor(leaseDurationMs / 1000),
      acquireTime: isOurs ? (lease.spec?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (lease.spec?.leaseTransitions ?? 0) + (isOurs ? 0 : 1),
    };
    return this.#write('PUT', { ...lease, spec });
  }

  #create(): Promise<Outcome> {
    const { namespace, name, identity, leaseDurationMs } = this.#options;
    const now = this.#microTime();
    return this.#write('POST', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.floor(leaseDurationMs / 1000),
        acquireTime: now,
        renewTime: now,
        leaseTransitions: 0,
      },
    });
  }

  async #write(verb: 'POST' | 'PUT', lease: Lease): Promise<Outcome> {
    const { transport, namespace, name } = this.#options;
    try {
      const { body } = await transport.request({
        verb,
        path: verb === 'POST' ? collectionPath(leases, namespace) : objectPath(leases, namespace, name),
        body: lease,
        deadlineMs: this.#deadlineMs(),
      });
      this.#observe(body as Lease);
      return 'held';
    } catch (error) {
      // 409: somebody else was quicker; the next look tells who.
      if (error instanceof KubeError && error.status === 409) return 'outrun';
      if (verb === 'POST' && error instanceof KubeError && error.status === 404) {
        throw new LeaseUnavailable(
          `the namespace "${namespace}" of the leader election lease "${name}" does not exist: ` +
            'create it, or name another one in POD_NAMESPACE',
        );
      }
      throw error;
    }
  }

  async #release(): Promise<void> {
    const { log } = this.#options;
    const lease = this.#observed;
    if (lease === undefined) return;
    const now = this.#microTime();
    const spec: LeaseSpec = {
      ...lease.spec,
      holderIdentity: '',
      leaseDurationSeconds: 1,
      acquireTime: now,
      renewTime: now,
    };
    try {
      const outcome = await this.#writeReleased({ ...lease, spec });
      log.info({ released: outcome === 'held' }, 'Released leader lease');
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      log.warn({ problem: error.message }, 'Could not release the leader lease');
    }
  }

  /** Servers that refuse an empty holder accept an absent one; to every standby both mean "free". */
  async #writeReleased(lease: Lease): Promise<Outcome> {
    try {
      return await this.#write('PUT', lease);
    } catch (error) {
      if (!(error instanceof KubeError) || error.status !== 422) throw error;
      const { holderIdentity: _nobody, ...spec } = lease.spec ?? {};
      return this.#write('PUT', { ...lease, spec });
    }
  }

  #observe(lease: Lease): void {
    this.#observed = lease;
    this.#observedAt = this.#options.clock.now();
  }

  /** An attempt ends so early that another one, on another connection, has time before the renew deadline. */
  #deadlineMs(): number {
    const longestMs = this.#options.renewDeadlineMs / 2;
    return this.#renewedAt === undefined ? longestMs : Math.max(1, Math.min(longestMs, this.remainingMs()));
  }

  #after(delayMs: number, run: () => unknown): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      if (!this.#stopped) run();
    });
  }

  /** RFC 3339 with microseconds, UTC. */
  #microTime(): string {
    const now = (this.#options.wallClock ?? this.#options.clock).now();
    return formatMicroTime(now);
  }
}

function versionOf(lease: Lease | undefined): string | undefined {
  return lease?.metadata.resourceVersion;
}
