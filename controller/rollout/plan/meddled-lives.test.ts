// The laws on lives in which others meddle: ReplicaSets are sized and deleted by hand, Services pointed elsewhere, the
// strategy becomes another in the middle of an update, the controller dies within a wave. What they took away nobody can
// keep; but no wave makes it worse, and a life that is left alone comes to an end.

import { test } from 'node:test';
import fc from 'fast-check';
import {
  abort,
  anyMeddledLife,
  endingIn,
  type Life,
  leftAlone,
  live,
  promoteFull,
} from '../../../test/builders/any-life.ts';
import { drawn } from '../../../test/builders/drawn.ts';
import {
  cheapLaws,
  isFinishedOrWaits,
  isLawful,
  isPromoted,
  type Law,
  leadsBack,
} from '../../../test/builders/life-laws.ts';

function whole(life: Life, law?: Law) {
  const { end, now } = live(life, law);
  return leftAlone(end, now, law);
}

function holds(times: number, check: (life: Life) => unknown): void {
  fc.assert(
    fc.property(anyMeddledLife(), (life) => {
      check(life);
    }),
    drawn(times),
  );
}

for (const [name, law] of Object.entries(cheapLaws)) {
  test(`whoever meddles, no wave breaks the law: ${name}`, () => {
    holds(100, (life) => whole(life, law));
  });
}

test('whoever meddles, every plan is lawful', () => {
  holds(60, (life) => whole(life, isLawful));
});

test('whoever meddled, a life that is left alone is finished, or waits for a person', () => {
  holds(200, (life) => {
    const { end, now } = whole(life);
    isFinishedOrWaits(end, now);
  });
});

test('whoever meddled, a full promotion leads to the end', () => {
  holds(200, (life) => isPromoted(whole(endingIn(life, promoteFull)).end));
});

test('whoever meddled, an abort leads back', () => {
  holds(200, (life) => leadsBack(whole(endingIn(life, abort)).end));
});
