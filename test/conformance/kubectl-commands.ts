// What a person types at a cluster in an hour of ordinary work (issue list: apply, create, get, describe, explain, edit,
// patch, label, scale, rollout, wait, delete, logs, auth, …), in order, with what must be seen. The end-to-end test
// gives them to the real kubectl; the requests that this makes are recorded (record-kubectl.ts), and answered again
// without kubectl.

import { changingAndDeleting } from './kubectl-changing.ts';
import type { KubectlCommand } from './kubectl-command.ts';
import { makingAndReading } from './kubectl-making.ts';
import { foldersAndOddities } from './kubectl-odd.ts';

export const kubectlCommands: readonly KubectlCommand[] = [
  ...makingAndReading,
  ...foldersAndOddities,
  ...changingAndDeleting,
];
