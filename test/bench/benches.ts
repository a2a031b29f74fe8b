// Every benchmark there is, in the order in which they run: the name that asks for it, the title of its table in
// docs/performance.md, and how it runs. Loaded when asked for: what one of them imports costs the others nothing.

export interface Bench {
  readonly title: string;
  readonly run: () => Promise<void>;
}

export const benches: Readonly<Record<string, Bench>> = {
  plan: { title: 'One plan', run: async () => (await import('./plan.ts')).benchPlan() },
  simulation: {
    title: 'Virtual time: ten steps with five pods, in memory',
    run: async () => (await import('./simulation.ts')).benchSimulation(),
  },
  apiserver: {
    title: 'The API server of the sandbox',
    run: async () => (await import('./apiserver.ts')).benchApiServer(),
  },
  fleet: {
    title: 'A fleet: steps 20 % / 5 s / 50 % / 5 s / 100 %',
    run: async () => (await import('./fleet.ts')).benchFleet(),
  },
  analysis: {
    title: 'Analyses and their expressions',
    run: async () => (await import('./analysis.ts')).benchAnalysis(),
  },
  cli: { title: 'The command line', run: async () => (await import('./cli.ts')).benchCli() },
  start: { title: '`npm start`', run: async () => (await import('./start.ts')).benchStart() },
};
