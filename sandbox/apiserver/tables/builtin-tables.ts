// Which built-in kind has which table; all others show their name and when they were created.

import type { TableStrategy } from '../kinds/types.ts';
import {
  autoscalerTable,
  bindingTable,
  budgetTable,
  configMapTable,
  eventTable,
  leaseTable,
  namespaceTable,
  nodeTable,
  priorityClassTable,
  quotaTable,
  secretTable,
  serviceAccountTable,
} from './cluster-tables.ts';
import {
  endpointSliceTable,
  endpointsTable,
  ingressClassTable,
  ingressTable,
  networkPolicyTable,
  serviceTable,
} from './network-tables.ts';
import { podTable } from './pod-table.ts';
import { claimTable, storageClassTable, volumeTable } from './storage-tables.ts';
import {
  controllerRevisionTable,
  cronJobTable,
  daemonSetTable,
  deploymentTable,
  jobTable,
  podTemplateTable,
  replicaSetTable,
  replicationControllerTable,
  statefulSetTable,
} from './workload-tables.ts';

/** By `group/kind`. */
export const builtinTables: Readonly<Record<string, TableStrategy>> = {
  '/ConfigMap': configMapTable,
  '/Endpoints': endpointsTable,
  '/Event': eventTable,
  '/Namespace': namespaceTable,
  '/Node': nodeTable,
  '/PersistentVolume': volumeTable,
  '/PersistentVolumeClaim': claimTable,
  '/Pod': podTable,
  '/PodTemplate': podTemplateTable,
  '/ResourceQuota': quotaTable,
  '/ReplicationController': replicationControllerTable,
  '/Secret': secretTable,
  '/Service': serviceTable,
  '/ServiceAccount': serviceAccountTable,
  'apps/ControllerRevision': controllerRevisionTable,
  'apps/DaemonSet': daemonSetTable,
  'apps/Deployment': deploymentTable,
  'apps/ReplicaSet': replicaSetTable,
  'apps/StatefulSet': statefulSetTable,
  'autoscaling/HorizontalPodAutoscaler': autoscalerTable,
  'batch/CronJob': cronJobTable,
  'batch/Job': jobTable,
  'coordination.k8s.io/Lease': leaseTable,
  'discovery.k8s.io/EndpointSlice': endpointSliceTable,
  'events.k8s.io/Event': eventTable,
  'networking.k8s.io/Ingress': ingressTable,
  'networking.k8s.io/IngressClass': ingressClassTable,
  'networking.k8s.io/NetworkPolicy': networkPolicyTable,
  'policy/PodDisruptionBudget': budgetTable,
  'rbac.authorization.k8s.io/ClusterRoleBinding': bindingTable,
  'rbac.authorization.k8s.io/RoleBinding': bindingTable,
  'scheduling.k8s.io/PriorityClass': priorityClassTable,
  'storage.k8s.io/StorageClass': storageClassTable,
};
