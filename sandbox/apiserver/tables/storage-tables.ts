// Tables of storage: classes, volumes and claims.

import { text } from '../json.ts';
import { objectAt, textAt, textsAt } from '../kinds/fields.ts';
import type { ApiObject, TableStrategy } from '../kinds/types.ts';
import { age, ageColumn, column, nameColumn, wide } from './columns.ts';

export const storageClassTable: TableStrategy = {
  columns: [
    nameColumn,
    column('Provisioner'),
    column('ReclaimPolicy'),
    column('VolumeBindingMode'),
    column('AllowVolumeExpansion'),
    ageColumn,
  ],
  cells(object, now) {
    const name = text(object.metadata.name);
    const isDefault = textAt(object.metadata, 'annotations', 'storageclass.kubernetes.io/is-default-class') === 'true';
    return [
      isDefault ? `${name} (default)` : name,
      text(object.provisioner),
      text(object.reclaimPolicy),
      text(object.volumeBindingMode),
      object.allowVolumeExpansion === true,
      age(object.metadata.creationTimestamp, now),
    ];
  },
};

const unset = '<unset>';

export const volumeTable: TableStrategy = {
  columns: [
    nameColumn,
    column('Capacity'),
    column('Access Modes'),
    column('Reclaim Policy'),
    column('Status'),
    column('Claim'),
    column('StorageClass'),
    column('VolumeAttributesClass'),
    column('Reason'),
    ageColumn,
    wide('VolumeMode'),
  ],
  cells(object, now) {
    const claim = objectAt(object, 'spec', 'claimRef');
    return [
      text(object.metadata.name),
      textAt(object, 'spec', 'capacity', 'storage'),
      modes(textsAt(object, 'spec', 'accessModes')),
      textAt(object, 'spec', 'persistentVolumeReclaimPolicy'),
      phase(object),
      claim === undefined ? '' : `${text(claim.namespace)}/${text(claim.name)}`,
      textAt(object, 'spec', 'storageClassName'),
      textAt(object, 'spec', 'volumeAttributesClassName') || unset,
      textAt(object, 'status', 'reason'),
      age(object.metadata.creationTimestamp, now),
      textAt(object, 'spec', 'volumeMode') || unset,
    ];
  },
};

export const claimTable: TableStrategy = {
  columns: [
    nameColumn,
    column('Status'),
    column('Volume'),
    column('Capacity'),
    column('Access Modes'),
    column('StorageClass'),
    column('VolumeAttributesClass'),
    ageColumn,
    wide('VolumeMode'),
  ],
  cells(object, now) {
    const volume = textAt(object, 'spec', 'volumeName');
    return [
      text(object.metadata.name),
      phase(object),
      volume,
      volume === '' ? '' : textAt(object, 'status', 'capacity', 'storage'),
      volume === '' ? '' : modes(textsAt(object, 'status', 'accessModes')),
      textAt(object, 'spec', 'storageClassName'),
      textAt(object, 'spec', 'volumeAttributesClassName') || unset,
      age(object.metadata.creationTimestamp, now),
      textAt(object, 'spec', 'volumeMode') || unset,
    ];
  },
};

function phase(object: ApiObject): string {
  return object.metadata.deletionTimestamp === undefined ? textAt(object, 'status', 'phase') : 'Terminating';
}

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function modes(written: readonly string[]): string {
  return Object.keys(shortModes)
    .filter((mode) => written.includes(mode))
    .map((mode) => shortModes[mode])
    .join(',');
}
