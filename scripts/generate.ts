// `npm run generate`: makes controller/api/types.generated.ts from the CRDs in crds/, which are the source of every
// argoproj.io type, and the tables of their fields, joins the install manifests of deploy/, and writes the catalogue of
// reasons down for readers. `--check` writes nothing and exits with 1 when a file on disk differs.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseYaml } from '../controller/lang/yaml.ts';
import { generateAnalysisFieldTypes, generateFieldTypes } from './generate-field-types.ts';
import { type CrdSource, generateTypes } from './generate-types.ts';
import { installManifests } from './manifests.ts';
import { reasonsPage } from './reasons-page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = 'controller/api/types.generated.ts';
const fieldsTarget = 'controller/api/field-types.generated.ts';
const analysisFieldsTarget = 'controller/api/analysis-field-types.generated.ts';

/** In the order in which the types appear in the generated file. */
const crdFiles = ['rollouts', 'analysisruns', 'analysistemplates', 'clusteranalysistemplates', 'experiments'];

export function generatedFiles(): ReadonlyMap<string, string> {
  const crds = crdFiles.map((name) => parseYaml(readFileSync(`${root}crds/${name}.yaml`, 'utf8')) as CrdSource);
  const [rollouts, ...others] = crds;
  if (!rollouts) throw new Error('there are no CRDs');
  return new Map([
    [target, generateTypes(crds)],
    [fieldsTarget, generateFieldTypes(rollouts)],
    [analysisFieldsTarget, generateAnalysisFieldTypes(rollouts, others)],
    ['docs/reasons.md', reasonsPage()],
    ...installManifests(),
  ]);
}

function main(): void {
  const check = process.argv.includes('--check');
  for (const [file, text] of generatedFiles()) {
    if (!check) {
      writeFileSync(root + file, text);
      console.log(`wrote ${file}`);
    } else if (readFileSync(root + file, 'utf8') !== text) {
      console.error(`${file} does not match its sources: run "npm run generate" and commit the result`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.main) main();
