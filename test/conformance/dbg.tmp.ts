import { runTrace } from './run-trace.ts';

const r = await runTrace(process.argv[2]!);
const from = Number(process.argv[3]),
  to = Number(process.argv[4]);
const s = r.passes[0]!.now;
for (const p of r.passes) {
  const t = p.now - s;
  if (t < from || t > to) continue;
  console.log(
    t,
    p.plan.writes.map((w) => w.key + ('replicas' in w ? '=' + w.replicas : '')).join(' '),
    '|',
    p.observed.replicaSets
      .map(
        (x) =>
          `${x.metadata.name!.slice(-5)} spec ${x.spec.replicas} gen ${x.metadata.generation}/${x.status?.observedGeneration} act ${x.status?.replicas} av ${x.status?.availableReplicas}`,
      )
      .join('; '),
  );
}
