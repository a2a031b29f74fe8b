// Which ports does a container declare?

import type { Container } from '../../controller/api/kubernetes-types.ts';

export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
}

export function portsOf(container: Container): readonly ContainerPort[] {
  return (container.ports ?? []) as readonly ContainerPort[];
}
