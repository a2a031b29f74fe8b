// What the demo of `npm start` can show: each scenario is an example of the project.

export type ScenarioName = 'canary' | 'blue-green' | 'analysis' | 'experiment';

export interface Scenario {
  /** In `--help`. */
  readonly about: string;
  /** In examples/. */
  readonly file: string;
  /** The Service that is the way in; undefined: an Ingress is. */
  readonly entry?: string;
  /** Links of the screen besides the page. */
  readonly services: readonly string[];
}

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  canary: { about: '5 % of the requests, then a pause until you promote', file: 'canary-alb.yaml', services: [] },
  'blue-green': {
    about: 'a preview beside the active version until you promote',
    file: 'blue-green.yaml',
    entry: 'bluegreen-active',
    services: ['bluegreen-active', 'bluegreen-preview'],
  },
  analysis: {
    about: 'a canary that success rate and latency promote or abort by themselves',
    file: 'canary-analysis.yaml',
    services: [],
  },
  experiment: {
    about: 'a canary that compares a pod of each version before it begins',
    file: 'canary-experiment.yaml',
    services: [],
  },
};

export const scenarioNames = Object.keys(scenarios) as readonly ScenarioName[];

export function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(scenarios, name);
}
