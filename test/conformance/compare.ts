// Holds a run of ours against the reference's trace: the six points of goldens/README, "To compare". Every difference
// says which point, which object, what was wanted and what came.

import { align, type Item } from './align.ts';
import { type Moment, withTheirTimes } from './moments.ts';
import { differencesOf, normaliseObject } from './normalise.ts';
import { type Fields, type History, type Trace, type TraceEvent, type Version, worldAtEnd } from './trace.ts';
import { isOfRollout, rolloutTuple } from './world-state.ts';

export type Point = 'states' | 'replicaSets' | 'services' | 'routers' | 'events' | 'final' | 'status' | 'run';

export interface Difference {
  readonly point: Point;
  /** `Kind/name`. */
  readonly on: string;
  readonly lines: readonly string[];
}

/** Waiting for less than this is no waiting. */
const waitingMs = 200;
/** The reference drops events of one type about one object beyond this many. */
const eventBurst = 25;

/** `moments`: when ours did what the recording did, e.g. the actions. */
export function compareRuns(want: Trace, got: History, moments: readonly Moment[]): Difference[] {
  const keys = [...new Set([...want.objects.keys(), ...got.objects.keys()])]
    .filter((key) => !key.startsWith('ReplicaSet/') || isOfRollout(key, firstOf(want, key) ?? firstOf(got, key)))
    .toSorted();
  const common = [
    ...moments,
    ...keys.flatMap((key) => commonMoments(want.objects.get(key), got.objects.get(key), key)),
  ];
  return [
    ...keys.flatMap((key) => compareObject(key, want, got, common)),
    ...compareEvents(want, got),
    ...compareFinal(want, got, keys, common),
  ];
}

function firstOf(history: History, key: string): Fields | undefined {
  return history.objects.get(key)?.find(({ object }) => object)?.object;
}

/** When each state of a Rollout, each size of a ReplicaSet began, in both. */
function commonMoments(
  wanted: readonly Version[] | undefined,
  actual: readonly Version[] | undefined,
  key: string,
): Moment[] {
  if (!wanted || !actual || !/^(Rollout|ReplicaSet)\//.test(key)) return [];
  const textOf = key.startsWith('Rollout/')
    ? rolloutTuple
    : (object: Fields | undefined) =>
        `${text(at(object, 'spec', 'replicas'))} ${text(at(object, 'status', 'readyReplicas'))}`;
  const theirs = stretches(wanted, textOf, 0);
  const ours = stretches(actual, textOf, 0);
  const { counterparts } = align(
    theirs.map((stretch) => ({ text: stretch.text, required: false })),
    ours.map((stretch) => stretch.text),
  );
  return counterparts.flatMap((index, at) =>
    index === undefined ? [] : [{ oursMs: ours[at]!.startMs, theirsMs: theirs[index]!.startMs }],
  );
}

function compareObject(key: string, want: Trace, got: History, moments: readonly Moment[]): Difference[] {
  const wanted = want.objects.get(key);
  const actual = got.objects.get(key);
  if (!wanted || !actual) {
    const text = wanted ? 'is missing' : 'is there, but not in the trace';
    return [{ point: 'run', on: key, lines: [`    ${text}`] }];
  }
  if (key.startsWith('Rollout/')) return compareStates(key, wanted, actual, want, got, moments);
  if (key.startsWith('ReplicaSet/')) return compareReplicaSet(key, wanted, actual);
  if (key.startsWith('Service/')) return compareSelectors(key, wanted, actual);
  if (key.startsWith('Ingress/')) return compareContents(key, wanted, actual);
  if (/^(Experiment|AnalysisRun)\//.test(key)) return comparePhases(key, wanted, actual, want.endMs);
  return [];
}

/** Points 1 and 6. */
function compareStates(
  key: string,
  wanted: readonly Version[],
  actual: readonly Version[],
  want: Trace,
  got: History,
  moments: readonly Moment[],
): Difference[] {
  const wantedStretches = stretches(wanted, (object) => rolloutTuple(object), want.endMs);
  const items = wantedStretches.map(
    (stretch): Item => ({
      text: stretch.text,
      required: stretch.lastsMs > waitingMs || /^(Paused|Degraded|Healthy)/.test(stretch.text),
    }),
  );
  const ours = stretches(actual, (object) => rolloutTuple(object), got.endMs).map((stretch) => stretch.text);
  const { lines } = align(items, ours);
  const states: Difference[] = lines.length > 0 ? [{ point: 'states', on: key, lines }] : [];
  return [...states, ...compareStatuses(key, wanted, actual, want, got, moments)];
}

/** Point 1, for runs and experiments. */
function comparePhases(
  key: string,
  wanted: readonly Version[],
  actual: readonly Version[],
  endMs: number,
): Difference[] {
  const pick = (object: Fields | undefined) =>
    `${text(at(object, 'status', 'phase'))} ${text(at(object, 'status', 'message'))}`;
  const items = stretches(wanted, pick, endMs).map(
    (stretch): Item => ({ text: stretch.text, required: stretch.lastsMs > waitingMs }),
  );
  const { lines } = align(
    items,
    stretches(actual, pick, 0).map((stretch) => stretch.text),
  );
  return lines.length > 0 ? [{ point: 'states', on: key, lines }] : [];
}

function compareStatuses(
  key: string,
  wanted: readonly Version[],
  actual: readonly Version[],
  want: Trace,
  got: History,
  moments: readonly Moment[],
): Difference[] {
  const wantedStretches = stretches(wanted, phaseOf, want.endMs);
  const ours = stretches(actual, phaseOf, got.endMs);
  const items = wantedStretches.map((stretch) => ({ text: stretch.text, required: stretch.lastsMs > waitingMs }));
  const { counterparts } = align(
    items,
    ours.map((stretch) => stretch.text),
  );
  return ours.flatMap((stretch, at): Difference[] => {
    const counterpart = wantedStretches[counterparts[at] ?? -1];
    if (!counterpart?.last || counterpart.lastsMs <= waitingMs) return [];
    const lines = differencesOf(statusOf(counterpart.last), withTheirTimes(statusOf(stretch.last), moments)).map(
      (line) => `    ${line}`,
    );
    const where = `    at the end of ${counterpart.text}, ${counterpart.endMs} ms (ours ${stretch.endMs} ms):`;
    return lines.length > 0 ? [{ point: 'status', on: key, lines: [where, ...lines] }] : [];
  });
}

interface Stretch {
  readonly text: string;
  readonly startMs: number;
  readonly lastsMs: number;
  readonly endMs: number;
  readonly last: Fields | undefined;
}

/** The distinct values of a history, each with how long it lasted and the last version that had it. */
function stretches(
  versions: readonly Version[],
  textOf: (object: Fields | undefined) => string,
  endMs: number,
): Stretch[] {
  const found: { text: string; startMs: number; endMs: number; last: Fields | undefined }[] = [];
  for (const { atMs, object } of versions) {
    const text = object ? textOf(object) : '(deleted)';
    const current = found.at(-1);
    if (current) current.endMs = atMs;
    if (current?.text === text) current.last = object;
    else found.push({ text, startMs: atMs, endMs: atMs, last: object });
  }
  const last = found.at(-1);
  if (last) last.endMs = Math.max(endMs, last.endMs);
  return found.map(({ text, startMs, endMs: stop, last: object }) => ({
    text,
    startMs,
    lastsMs: stop - startMs,
    endMs: stop,
    last: object,
  }));
}

function phaseOf(object: Fields | undefined): string {
  return (object as { status?: { phase?: string } } | undefined)?.status?.phase ?? '(no phase)';
}

function statusOf(object: Fields | undefined): Fields {
  const { status } = normaliseObject({ metadata: {}, status: (object as { status?: Fields } | undefined)?.status });
  return (status ?? {}) as Fields;
}

/** Point 2. */
function compareReplicaSet(key: string, wanted: readonly Version[], actual: readonly Version[]): Difference[] {
  return [
    ...compareSequence(key, 'replicaSets', wanted, actual, 'replicas', (object) =>
      text(at(object, 'spec', 'replicas')),
    ),
    ...compareSequence(key, 'replicaSets', wanted, actual, 'labels', (object) =>
      text(at(object, 'metadata', 'labels')),
    ),
    ...annotationKeys([...wanted, ...actual]).flatMap((name) =>
      compareSequence(key, 'replicaSets', wanted, actual, name, (object) => {
        const value = at(object, 'metadata', 'annotations', name);
        return name === 'scale-down-deadline' && value !== undefined ? 'present' : text(value);
      }),
    ),
  ];
}

/** Point 3. */
function compareSelectors(key: string, wanted: readonly Version[], actual: readonly Version[]): Difference[] {
  const sequence = (name: string, pick: (object: Fields | undefined) => string) =>
    compareSequence(key, 'services', wanted, actual, name, pick);
  return [
    ...sequence('selector', (object) => text(at(object, 'spec', 'selector'))),
    ...annotationKeys([...wanted, ...actual]).flatMap((name) =>
      sequence(name, (object) => text(at(object, 'metadata', 'annotations', name))),
    ),
  ];
}

function compareContents(key: string, wanted: readonly Version[], actual: readonly Version[]): Difference[] {
  return compareSequence(key, 'routers', wanted, actual, 'contents', (object) => {
    if (!object) return 'deleted';
    const { metadata, spec } = normaliseObject(object) as { metadata?: Fields; spec?: Fields };
    return text({ annotations: metadata?.annotations, spec });
  });
}

function compareSequence(
  key: string,
  point: Point,
  wanted: readonly Version[],
  actual: readonly Version[],
  name: string,
  pick: (object: Fields | undefined) => string,
): Difference[] {
  const want = distinct(wanted.map(({ object }) => pick(object))).map((item) => ({ text: item, required: true }));
  const got = distinct(actual.map(({ object }) => pick(object)));
  const { lines } = align(want, got);
  return lines.length > 0 ? [{ point, on: `${key} ${name}`, lines }] : [];
}

/** Point 4. */
function compareEvents(want: Trace, got: History): Difference[] {
  const objects = [...new Set([...want.events.keys(), ...got.events.keys()])].toSorted();
  return objects.flatMap((on): Difference[] => {
    const wanted = want.events.get(on) ?? [];
    const ours = got.events.get(on) ?? [];
    if (!types(wanted).some((type) => wanted.filter((event) => event.type === type).length >= eventBurst)) {
      return compareEventTexts(on, wanted, ours);
    }
    // From here on the reference dropped events: what it still had of each type is compared.
    return types(wanted).flatMap((type) => {
      const ofType = (events: readonly TraceEvent[]) => events.filter((event) => event.type === type);
      const compared = ofType(wanted).slice(0, eventBurst);
      return compareEventTexts(on, compared, ofType(ours), compared.length === eventBurst);
    });
  });
}

function compareEventTexts(
  on: string,
  wanted: readonly TraceEvent[],
  ours: readonly TraceEvent[],
  breaksOff = false,
): Difference[] {
  const items = wanted.map((event) => ({ text: eventText(event), required: true }));
  const texts = ours.map(eventText);
  const { lines } = align(items, texts, breaksOff);
  return lines.length > 0 ? [{ point: 'events', on, lines }] : [];
}

function types(events: readonly TraceEvent[]): string[] {
  return [...new Set(events.map((event) => event.type))];
}

/** Where several similar events are told as one is the recorder's matter, not the planner's. */
function eventText({ type, reason, message }: TraceEvent): string {
  return `${type} ${reason} ${JSON.stringify(message.replace('(combined from similar events): ', ''))}`;
}

/** Point 5. */
function compareFinal(want: Trace, got: History, keys: readonly string[], moments: readonly Moment[]): Difference[] {
  const wanted = worldAtEnd(want);
  const actual = worldAtEnd(got);
  return [...wanted].flatMap(([key, object]): Difference[] => {
    if (!keys.includes(key)) return [];
    const ours = actual.get(key);
    if (!ours) return [{ point: 'final', on: key, lines: ['    is missing'] }];
    const lines = differencesOf(normaliseObject(object), withTheirTimes(normaliseObject(ours), moments)).map(
      (line) => `    ${line}`,
    );
    return lines.length > 0 ? [{ point: 'final', on: key, lines }] : [];
  });
}

function at(object: Fields | undefined, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Fields | undefined)?.[key], object);
}

function annotationKeys(versions: readonly Version[]): string[] {
  const keys = versions.flatMap(({ object }) => Object.keys((at(object, 'metadata', 'annotations') ?? {}) as Fields));
  return [...new Set(keys)].filter((key) => !key.startsWith('kubectl.kubernetes.io/')).toSorted();
}

function distinct(items: readonly string[]): string[] {
  return items.filter((item, index) => index === 0 || item !== items[index - 1]);
}

/** JSON with sorted keys. */
function text(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'absent'
  );
}
