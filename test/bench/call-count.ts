// How many calls of the project's functions some work takes: a figure that is the same on every machine, however busy.
// Counting makes the work several times slower.

import { Session } from 'node:inspector/promises';

export async function countCalls(work: () => Promise<void>): Promise<number> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await session.post('Profiler.takePreciseCoverage'); // sets the counts to zero
  await work();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  session.disconnect();
  const own = result.filter(({ url }) => url.startsWith('file:') && !url.includes('/node_modules/'));
  return own.flatMap(({ functions }) => functions).reduce((sum, { ranges }) => sum + (ranges[0]?.count ?? 0), 0);
}
