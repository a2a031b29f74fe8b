// A watch: replay from a version, the present state first, or a streaming list; then events as they happen, bookmarks,
// and a clean end after timeoutSeconds (spec/sandbox.md §3, watch).

import type { TimerHandle } from '../../../controller/lang/time.ts';
import type { Call } from '../call.ts';
import { apiVersionOf, namespaceOf, resourceOf, served } from '../call.ts';
import type { ApiObject, ResourceKind } from '../kinds/types.ts';
import { type Form, presentFrame, readForm, wantsYaml } from '../present.ts';
import { expired, notAcceptable } from '../refusals.ts';
import { type StorageEvent, withRevision } from '../storage.ts';
import type { ApiResponse, FrameSink, FrameStream, WatchFrame } from '../types.ts';
import { listOptionsForbidden, type Matcher, parseVersion, readSelectors, tooLargeVersion } from './list.ts';

/** Without timeoutSeconds a watch ends after 30 to 60 minutes, as kube-apiserver's. */
const shortestWatchSeconds = 1800;

const streamed = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

export function watchObjects(call: Call, name: string | undefined, open: Set<() => void>): ApiResponse {
  const form = readForm(call);
  if (wantsYaml(call.accept)) throw notAcceptable(streamed);
  const selected = readSelectors(call.kind, call.query);
  const matches: Matcher =
    name === undefined ? selected : (object) => object.metadata.name === name && selected(object);
  const plan = readStart(call);
  const stream: FrameStream = {
    start(sink) {
      const watcher = new Watcher(call, form, matches, plan, sink, open);
      watcher.start();
      return { cancel: () => watcher.stop() };
    },
  };
  return { status: 200, headers: { 'content-type': 'application/json' }, stream };
}

interface StartPlan {
  /** Send the present state as ADDED first. */
  readonly initial: boolean;
  /** Then a bookmark that says so. */
  readonly markEnd: boolean;
  /** Replay what came after this version; undefined: from now. */
  readonly from: number | undefined;
  readonly bookmarks: boolean;
}

function readStart(call: Call): StartPlan {
  const { query } = call;
  const { storage } = call.machinery;
  const asked = query.get('resourceVersion');
  const match = query.get('resourceVersionMatch');
  const bookmarks = query.flag('allowWatchBookmarks');
  if (query.has('sendInitialEvents')) {
    if (match !== 'NotOlderThan') {
      throw listOptionsForbidden('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
    }
    const version = asked === '' ? 0 : parseVersion(asked, 'watch');
    if (version > storage.revision) throw tooLargeVersion(version, storage.revision);
    const initial = query.flag('sendInitialEvents');
    return { initial, markEnd: initial && bookmarks, from: initial || version === 0 ? undefined : version, bookmarks };
  }
  if (match !== '')
    throw listOptionsForbidden('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  const version = asked === '' ? 0 : parseVersion(asked, 'watch');
  return { initial: version === 0, markEnd: false, from: version === 0 ? undefined : version, bookmarks };
}

class Watcher {
  readonly #call: Call;
  readonly #kind: ResourceKind;
  readonly #form: Form;
  readonly #matches: Matcher;
  readonly #plan: StartPlan;
  readonly #sink: FrameSink;
  readonly #open: Set<() => void>;
  #timeout: TimerHandle | undefined;
  #endBookmarks: () => void = () => undefined;
  #unsubscribe: () => void = () => undefined;
  #queue: WatchFrame[] = [];
  #isFlushPlanned = false;
  #isFirst = true;
  #isOver = false;
  /** Ends when the queue is sent. */
  #isEnding = false;
  readonly #end = (): void => {
    this.#isEnding = true;
    this.#planFlush();
  };

  constructor(call: Call, form: Form, matches: Matcher, plan: StartPlan, sink: FrameSink, open: Set<() => void>) {
    this.#call = call;
    this.#kind = call.kind;
    this.#form = form;
    this.#matches = matches;
    this.#plan = plan;
    this.#sink = sink;
    this.#open = open;
  }

  start(): void {
    const { clock, random, bookmarks, storage } = this.#call.machinery;
    const resource = resourceOf(this.#kind);
    const replay = this.#plan.from === undefined ? [] : storage.since(resource, this.#plan.from);
    if (replay === undefined) {
      const message = `too old resource version: ${this.#plan.from} (${storage.compactedRevision})`;
      this.#push({ type: 'ERROR', object: expired(message).status() });
      this.#end();
      return;
    }
    if (this.#plan.initial) this.#sendPresent(resource);
    for (const event of replay) this.#consider(event);
    this.#unsubscribe = storage.subscribe(resource, (event) => this.#consider(event));
    this.#open.add(this.#end);
    const seconds = this.#call.query.integer('timeoutSeconds') || shortestWatchSeconds * (1 + random.next());
    this.#timeout = clock.schedule(seconds * 1000, this.#end);
    if (this.#plan.bookmarks) this.#endBookmarks = bookmarks.add(() => this.#bookmark());
  }

  stop(): void {
    this.#isOver = true;
    this.#queue = [];
    this.#release();
  }

  #release(): void {
    this.#unsubscribe();
    this.#timeout?.cancel();
    this.#endBookmarks();
    this.#open.delete(this.#end);
  }

  #sendPresent(resource: string): void {
    const { storage } = this.#call.machinery;
    for (const stored of storage.list(resource, this.#call.namespace)) {
      const object = served(this.#kind, stored);
      if (this.#matches(object)) this.#send('ADDED', object);
    }
    if (this.#plan.markEnd) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
  }

  /** An object that enters the selector is ADDED, one that leaves it DELETED with its last matching state. */
  #consider(event: StorageEvent): void {
    const { namespace } = this.#call;
    // Who starts in the future waits for it.
    if (event.revision <= (this.#plan.from ?? 0)) return;
    if (namespace !== undefined && namespaceOf(event.object) !== namespace) return;
    const object = served(this.#kind, event.object);
    const previous = event.previous === undefined ? undefined : served(this.#kind, event.previous);
    const did = previous !== undefined && this.#matches(previous);
    const does = event.type !== 'DELETED' && this.#matches(object);
    if (does) this.#send(did ? 'MODIFIED' : 'ADDED', object);
    else if (did) this.#send('DELETED', event.type === 'DELETED' ? object : withRevision(previous, event.revision));
  }

  #send(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: ApiObject): void {
    this.#push({
      type,
      object: presentFrame(this.#kind, this.#form, object, this.#call.machinery.clock.now(), this.#isFirst),
    });
    this.#isFirst = false;
  }

  #bookmark(annotations?: Record<string, string>): void {
    const object: ApiObject = {
      kind: this.#kind.kind,
      apiVersion: apiVersionOf(this.#kind),
      metadata: {
        resourceVersion: String(this.#call.machinery.storage.revision),
        ...(annotations === undefined ? {} : { annotations }),
      },
    };
    const isTable = this.#form.as === 'Table';
    this.#push({ type: 'BOOKMARK', object: isTable ? { ...tableMark, metadata: object.metadata } : object });
  }

  #push(frame: WatchFrame): void {
    this.#queue.push(frame);
    this.#planFlush();
  }

  /** Frames go out after the write that made them, never from within it. */
  #planFlush(): void {
    if (this.#isFlushPlanned || this.#isOver) return;
    this.#isFlushPlanned = true;
    queueMicrotask(() => {
      this.#isFlushPlanned = false;
      while (this.#queue.length > 0 && !this.#isOver) this.#sink.frame(this.#queue.shift()!);
      if (!this.#isEnding || this.#isOver) return;
      this.#isOver = true;
      this.#release();
      this.#sink.end();
    });
  }
}

const tableMark = { kind: 'Table', apiVersion: 'meta.k8s.io/v1', columnDefinitions: null, rows: [] };
