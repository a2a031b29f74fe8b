// Which TypeScript name each object of the CRDs' schemas has: the first pattern that matches the path decides, and a
// path without one is named after the type that contains it.

/** Path of a schema object (`[]` an item, `{}` a map's value) → name. Names are those of the API's public reference. */
const names: readonly (readonly [RegExp, string])[] = [
  [/^spec\.analysis$/, 'AnalysisRunRetention'],
  [/^spec\.rollbackWindow$/, 'RollbackWindow'],
  [/^spec\.workloadRef$/, 'WorkloadReference'],
  [/^spec\.strategy$/, 'RolloutStrategy'],
  [/^spec\.strategy\.canary$/, 'CanaryStrategy'],
  [/^spec\.strategy\.blueGreen$/, 'BlueGreenStrategy'],
  [/(Metadata|templates\[\]\.metadata|job\.metadata)$/, 'PodTemplateMetadata'],
  [/antiAffinity$/, 'AntiAffinity'],
  [/\.preferredDuringSchedulingIgnoredDuringExecution$/, 'PreferredAntiAffinity'],
  [/\.pingPong$/, 'PingPong'],
  [/\.replicaProgressThreshold$/, 'ReplicaProgressThreshold'],

  [/\.canary\.steps\[\]$/, 'CanaryStep'],
  [/\.steps\[\]\.pause$/, 'RolloutPause'],
  [/\.steps\[\]\.plugin$/, 'PluginStep'],
  [/\.steps\[\]\.setCanaryScale$/, 'SetCanaryScale'],
  [/\.steps\[\]\.setHeaderRoute$/, 'SetHeaderRoute'],
  [/\.setHeaderRoute\.match\[\]$/, 'HeaderRoutingMatch'],
  [/\.steps\[\]\.setMirrorRoute$/, 'SetMirrorRoute'],
  [/\.setMirrorRoute\.match\[\]$/, 'RouteMatch'],
  [/\.match\[\]\.(headerValue|headers\{\}|method|path)$/, 'StringMatch'],
  [/\.steps\[\]\.experiment$/, 'ExperimentStep'],
  [/\.experiment\.templates\[\]$/, 'ExperimentStepTemplate'],
  [/\.templates\[\]\.service$/, 'TemplateService'],
  [/\.experiment\.analyses\[\]$/, 'ExperimentStepAnalysis'],

  [/\.canary\.analysis$/, 'RolloutAnalysisBackground'],
  [/(steps\[\]\.analysis|PromotionAnalysis)$/, 'RolloutAnalysis'],
  [/^spec\.strategy\..*\.args\[\]$/, 'AnalysisRunArgument'],
  [/^spec\.strategy\..*\.args\[\]\.valueFrom$/, 'AnalysisRunArgumentSource'],
  [/\.args\[\]$/, 'Argument'],
  [/\.args\[\]\.valueFrom$/, 'ArgumentSource'],
  [/\.valueFrom\.fieldRef$/, 'FieldRef'],
  [/\.valueFrom\.secretKeyRef$/, 'SecretKeyRef'],
  [/\.dryRun\[\]$/, 'DryRun'],
  [/\.measurementRetention\[\]$/, 'MeasurementRetention'],

  [/\.trafficRouting$/, 'TrafficRouting'],
  [/\.managedRoutes\[\]$/, 'ManagedRoute'],
  [/\.trafficRouting\.alb$/, 'AlbTrafficRouting'],
  [/\.alb\.stickinessConfig$/, 'AlbStickinessConfig'],
  [/\.trafficRouting\.ambassador$/, 'AmbassadorTrafficRouting'],
  [/\.trafficRouting\.apisix$/, 'ApisixTrafficRouting'],
  [/\.apisix\.route$/, 'ApisixRoute'],
  [/\.trafficRouting\.appMesh$/, 'AppMeshTrafficRouting'],
  [/\.appMesh\.virtualService$/, 'AppMeshVirtualService'],
  [/\.appMesh\.virtualNodeGroup$/, 'AppMeshVirtualNodeGroup'],
  [/VirtualNodeRef$/, 'AppMeshVirtualNodeReference'],
  [/\.trafficRouting\.istio$/, 'IstioTrafficRouting'],
  [/\.istio\.virtualServices?(\[\])?$/, 'IstioVirtualService'],
  [/\.istio\.destinationRule$/, 'IstioDestinationRule'],
  [/\.tcpRoutes\[\]$/, 'IstioTcpRoute'],
  [/\.tlsRoutes\[\]$/, 'IstioTlsRoute'],
  [/\.trafficRouting\.nginx$/, 'NginxTrafficRouting'],
  [/\.trafficRouting\.smi$/, 'SmiTrafficRouting'],
  [/\.trafficRouting\.traefik$/, 'TraefikTrafficRouting'],

  [/^status\.albs?(\[\])?$/, 'AlbStatus'],
  [/^status\.albs?(\[\])?\.(canaryTargetGroup|loadBalancer|stableTargetGroup)$/, 'AwsResourceReference'],
  [/^status\.blueGreen$/, 'BlueGreenStatus'],
  [/^status\.canary$/, 'CanaryStatus'],
  [/AnalysisRunStatus$/, 'RolloutAnalysisRunStatus'],
  [/^status\.canary\.stepPluginStatuses\[\]$/, 'StepPluginStatus'],
  [/^status\.canary\.weights$/, 'TrafficWeights'],
  [/^status\.canary\.weights\.(additional\[\]|canary|stable)$/, 'WeightDestination'],
  [/^status\.duration$/, 'RolloutDuration'],
  [/^status\.pauseConditions\[\]$/, 'PauseCondition'],

  [/^spec\.ttlStrategy$/, 'TtlStrategy'],
  [/^spec\.metrics\[\]$/, 'Metric'],
  [/^spec\.metrics\[\]\.provider$/, 'MetricProvider'],
  [/\.authentication$/, 'Authentication'],
  [/\.authentication\.basicAuth$/, 'BasicAuth'],
  [/\.authentication\.oauth2$/, 'OAuth2Config'],
  [/\.authentication\.sigv4$/, 'Sigv4Config'],
  [/\.provider\.(prometheus|web)\.headers\[\]$/, 'WebMetricHeader'],
  [/\.provider\.cloudWatch$/, 'CloudWatchMetric'],
  [/\.provider\.cloudWatch\.metricDataQueries\[\]$/, 'CloudWatchMetricDataQuery'],
  [/\.metricStat$/, 'CloudWatchMetricStat'],
  [/\.metricStat\.metric$/, 'CloudWatchMetricStatMetric'],
  [/\.metric\.dimensions\[\]$/, 'CloudWatchMetricDimension'],
  [/\.provider\.(datadog)$/, 'DatadogMetric'],
  [/\.provider\.graphite$/, 'GraphiteMetric'],
  [/\.provider\.influxdb$/, 'InfluxdbMetric'],
  [/\.provider\.job$/, 'JobMetric'],
  [/\.provider\.job\.spec$/, 'JobSpec'],
  [/\.provider\.kayenta$/, 'KayentaMetric'],
  [/\.kayenta\.scopes\[\]$/, 'KayentaScope'],
  [/\.kayenta\.scopes\[\]\.(controlScope|experimentScope)$/, 'ScopeDetail'],
  [/\.provider\.newRelic$/, 'NewRelicMetric'],
  [/\.provider\.prometheus$/, 'PrometheusMetric'],
  [/\.provider\.prometheus\.rangeQuery$/, 'PrometheusRangeQuery'],
  [/\.provider\.skywalking$/, 'SkyWalkingMetric'],
  [/\.provider\.wavefront$/, 'WavefrontMetric'],
  [/\.provider\.web$/, 'WebMetric'],
  [/^status\.metricResults\[\]$/, 'MetricResult'],
  [/^status\.metricResults\[\]\.measurements\[\]$/, 'Measurement'],
  [/^status\.(dryRunSummary|runSummary)$/, 'RunSummary'],

  [/^spec\.analyses\[\]$/, 'ExperimentAnalysisTemplateRef'],
  [/^status\.analysisRuns\[\]$/, 'ExperimentAnalysisRunStatus'],
  [/^status\.templateStatuses\[\]$/, 'TemplateStatus'],
];

/** Those whose name depends on the kind as well. */
function nameOfKind(kind: string, path: string): string | undefined {
  const template = kind.endsWith('AnalysisTemplate') ? 'AnalysisTemplate' : kind;
  if (path === 'spec') return `${template}Spec`;
  if (path === 'status') return `${kind}Status`;
  if (path === 'status.conditions[]') return `${kind}Condition`;
  if (path === 'spec.templates[]' && kind === 'Experiment') return 'TemplateSpec';
  return path.endsWith('.templates[]') && !path.includes('experiment') ? 'AnalysisTemplateRef' : undefined;
}

export function typeNameAt(kind: string, path: string): string {
  const named = nameOfKind(kind, path) ?? names.find(([pattern]) => pattern.test(path))?.[1];
  if (named) return named;
  const [, parent = '', field = ''] = /^(.*)\.([^.]+?)(\[\]|\{\})?$/.exec(path) ?? [];
  const own = field.charAt(0).toUpperCase() + field.slice(1);
  return typeNameAt(kind, parent) + (path.endsWith('[]') ? own.replace(/s$/, '') : own);
}
