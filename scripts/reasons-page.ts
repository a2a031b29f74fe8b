// docs/reasons.md, made from the catalogue of reasons: one row for each, with what a person is told.

import { type Reason, type ReasonCode, reasonCatalogue } from '../controller/explain/reasons.ts';
import { sentenceOf } from '../controller/explain/sentences.ts';

const holdsUp = {
  scale: 'everything',
  step: 'the next step',
  promotion: 'the promotion',
  completion: 'the end of the update',
} as const;

export function reasonsPage(): string {
  const rows = (Object.keys(reasonCatalogue) as ReasonCode[]).map(rowOf);
  return `# Reasons

A Rollout that stands still has a reason, as data: a code, its parameters, since when (\`since\`), and until when where
time alone ends it (\`until\`). \`slipway explain NAME\` prints them as sentences, \`slipway explain NAME -o json\` as data.
Parameters are set in *italics*. This page is generated from the catalogue (\`controller/explain/reasons.ts\`) by
\`npm run generate\`.

| code | what is told | parameters | holds up | what ends it |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

function rowOf(code: ReasonCode): string {
  const { blocks, data, ends } = reasonCatalogue[code];
  const parameters = Object.keys(data);
  const example: Reason = {
    code,
    blocks,
    data: Object.fromEntries(parameters.map((parameter) => [parameter, `*${parameter}*`])),
  };
  const names = parameters.map((parameter) => `\`${parameter}\``).join(', ');
  return `| \`${code}\` | ${cell(sentenceOf(example))} | ${names} | ${holdsUp[blocks]} | ${cell(ends)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
