// What tells the containers of a pod apart: those that run, those that prepare (init containers, one after another), and
// those that prepare and stay (init containers that are always restarted: sidecars).

import type { Container, Pod } from '../../controller/api/kubernetes-types.ts';
import { crashOf, type Exit, exitOf } from './command.ts';

export type Role = 'main' | 'init' | 'sidecar';

export function roleOf(container: Container): Exclude<Role, 'main'> {
  return container.restartPolicy === 'Always' ? 'sidecar' : 'init';
}

export function containersOf(pod: Pod, role: Role): readonly Container[] {
  return (role === 'main' ? pod.spec.containers : pod.spec.initContainers) ?? [];
}

/** Whether it is started again after it ended with this code. */
export function isRestarted(pod: Pod, role: Role, code: number): boolean {
  const policy = (pod.spec.restartPolicy as string | undefined) ?? 'Always';
  if (role === 'sidecar') return true;
  if (role === 'init') return code !== 0 && policy !== 'Never';
  return policy === 'Always' || (policy === 'OnFailure' && code !== 0);
}

/** When and how its process ends by itself. What prepares and is not understood is done at once. */
export function endOf(container: Container, role: Role): Exit | undefined {
  const exit = exitOf(container) ?? crashOf(container.image ?? '');
  return exit ?? (role === 'init' ? { afterMs: 0, code: 0 } : undefined);
}

/** As events name it. */
export function fieldPathOf(name: string, role: Role): string {
  return `spec.${role === 'main' ? 'containers' : 'initContainers'}{${name}}`;
}
