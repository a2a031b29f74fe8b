// What Go calls the fields of the API's types. Gob finds fields by these names: one that is wrong here would only be
// missing there. Most are the JSON names with a capital; the rest are the initialisms of the public API reference.

/** JSON name → Go name, in whatever struct. */
const irregular: Readonly<Record<string, string>> = {
  apiGroup: 'APIGroup',
  apiVersion: 'APIVersion',
  awsElasticBlockStore: 'AWSElasticBlockStore',
  cephfs: 'CephFS',
  chapAuthDiscovery: 'DiscoveryCHAPAuth',
  chapAuthSession: 'SessionCHAPAuth',
  clientId: 'ClientID',
  csi: 'CSI',
  diskURI: 'DataDiskURI',
  dnsConfig: 'DNSConfig',
  dnsPolicy: 'DNSPolicy',
  endpoints: 'EndpointsName',
  fc: 'FC',
  fsGroup: 'FSGroup',
  fsGroupChangePolicy: 'FSGroupChangePolicy',
  fsType: 'FSType',
  gcePersistentDisk: 'GCEPersistentDisk',
  gmsaCredentialSpec: 'GMSACredentialSpec',
  gmsaCredentialSpecName: 'GMSACredentialSpecName',
  grpc: 'GRPC',
  httpGet: 'HTTPGet',
  httpHeaders: 'HTTPHeaders',
  ip: 'IP',
  iqn: 'IQN',
  iscsi: 'ISCSI',
  iscsiInterface: 'ISCSIInterface',
  jsonBody: 'JSONBody',
  jsonPath: 'JSONPath',
  nfs: 'NFS',
  oauth2: 'OAuth2',
  os: 'OS',
  pdName: 'PDName',
  rbd: 'RBD',
  roleArn: 'RoleARN',
  seLinuxChangePolicy: 'SELinuxChangePolicy',
  seLinuxOptions: 'SELinuxOptions',
  serviceAccount: 'DeprecatedServiceAccount',
  skywalking: 'SkyWalking',
  sslEnabled: 'SSLEnabled',
  storageos: 'StorageOS',
  tcpSocket: 'TCPSocket',
  tokenUrl: 'TokenURL',
  ttlSecondsAfterFinished: 'TTLSecondsAfterFinished',
  ttlStrategy: 'TTLStrategy',
  tty: 'TTY',
  uid: 'UID',
  url: 'URL',
  wwids: 'WWIDs',
};

/** Where the same JSON name is another one elsewhere. */
const ofStruct: Readonly<Record<string, string>> = {
  'AnalysisRun.metadata': 'ObjectMeta',
  'DatadogMetric.apiVersion': 'ApiVersion',
  'PersistentVolumeClaimTemplate.metadata': 'ObjectMeta',
  'PodTemplateSpec.metadata': 'ObjectMeta',
  'RBDVolumeSource.image': 'RBDImage',
  'RBDVolumeSource.monitors': 'CephMonitors',
  'RBDVolumeSource.pool': 'RBDPool',
  'RBDVolumeSource.user': 'RadosUser',
};

/** `serviceAccount` of the struct `PodSpec` → `DeprecatedServiceAccount`. */
export function goFieldName(struct: string, field: string): string {
  const known = ofStruct[`${struct}.${field}`] ?? (Object.hasOwn(irregular, field) ? irregular[field] : undefined);
  return known ?? field.charAt(0).toUpperCase() + field.slice(1);
}

/** What Go has as an embedded struct: a field with the name of its type, around these fields of the JSON object. */
export function embeddedIn(struct: string, field: string): string | undefined {
  const { name, has } = embedded[struct] ?? {};
  return has?.(field) ? name : undefined;
}

interface Embedded {
  readonly name: string;
  readonly has: (field: string) => boolean;
}

const reference: Embedded = { name: 'LocalObjectReference', has: (field) => field === 'name' };
const embedded: Readonly<Record<string, Embedded>> = {
  ConfigMapEnvSource: reference,
  ConfigMapKeySelector: reference,
  ConfigMapProjection: reference,
  ConfigMapVolumeSource: reference,
  SecretEnvSource: reference,
  SecretKeySelector: reference,
  SecretProjection: reference,
  AnalysisRun: { name: 'TypeMeta', has: (field) => field === 'kind' || field === 'apiVersion' },
  EphemeralContainer: { name: 'EphemeralContainerCommon', has: (field) => field !== 'targetContainerName' },
  Probe: { name: 'ProbeHandler', has: (field) => ['exec', 'httpGet', 'tcpSocket', 'grpc'].includes(field) },
  Volume: { name: 'VolumeSource', has: (field) => field !== 'name' },
};
