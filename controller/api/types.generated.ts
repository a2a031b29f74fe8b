// Generated from crds/ by "npm run generate". Do not edit.
// Fields of a status may be given as `undefined`, which means absent: whoever computes a status writes each field
// in one expression, and JSON and lang/merge-patch.ts leave such fields out.

import type { IntOrString, KubernetesObject, LabelSelector, PodTemplateSpec, StringMap } from './kubernetes-types.ts';

/** A workload that is updated progressively: by canary steps or by a blue-green switch. */
export interface Rollout extends KubernetesObject {
  readonly spec: RolloutSpec;
  readonly status?: RolloutStatus;
}

export interface RolloutSpec {
  readonly analysis?: AnalysisRunRetention;
  readonly minReadySeconds?: number;
  readonly paused?: boolean;
  readonly progressDeadlineAbort?: boolean;
  readonly progressDeadlineSeconds?: number;
  readonly replicas?: number;
  readonly restartAt?: string;
  readonly revisionHistoryLimit?: number;
  readonly rollbackWindow?: RollbackWindow;
  readonly selector?: LabelSelector;
  readonly strategy?: RolloutStrategy;
  readonly template?: PodTemplateSpec;
  readonly workloadRef?: WorkloadReference;
}

export interface AnalysisRunRetention {
  readonly successfulRunHistoryLimit?: number;
  readonly unsuccessfulRunHistoryLimit?: number;
}

export interface RollbackWindow {
  readonly revisions?: number;
}

export interface RolloutStrategy {
  readonly blueGreen?: BlueGreenStrategy;
  readonly canary?: CanaryStrategy;
}

export interface BlueGreenStrategy {
  readonly abortScaleDownDelaySeconds?: number;
  readonly activeMetadata?: PodTemplateMetadata;
  readonly activeService: string;
  readonly antiAffinity?: AntiAffinity;
  readonly autoPromotionEnabled?: boolean;
  readonly autoPromotionSeconds?: number;
  readonly maxUnavailable?: IntOrString;
  readonly postPromotionAnalysis?: RolloutAnalysis;
  readonly prePromotionAnalysis?: RolloutAnalysis;
  readonly previewMetadata?: PodTemplateMetadata;
  readonly previewReplicaCount?: number;
  readonly previewService?: string;
  readonly scaleDownDelayRevisionLimit?: number;
  readonly scaleDownDelaySeconds?: number;
}

export interface PodTemplateMetadata {
  readonly annotations?: StringMap;
  readonly labels?: StringMap;
}

export interface AntiAffinity {
  readonly preferredDuringSchedulingIgnoredDuringExecution?: PreferredAntiAffinity;
  readonly requiredDuringSchedulingIgnoredDuringExecution?: Readonly<Record<string, unknown>>;
}

export interface PreferredAntiAffinity {
  readonly weight: number;
}

export interface RolloutAnalysis {
  readonly analysisRunMetadata?: PodTemplateMetadata;
  readonly args?: readonly AnalysisRunArgument[];
  readonly dryRun?: readonly DryRun[];
  readonly measurementRetention?: readonly MeasurementRetention[];
  readonly templates?: readonly AnalysisTemplateRef[];
}

export interface AnalysisRunArgument {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: AnalysisRunArgumentSource;
}

export interface AnalysisRunArgumentSource {
  readonly fieldRef?: FieldRef;
  readonly podTemplateHashValue?: string;
}

export interface FieldRef {
  readonly fieldPath: string;
}

export interface DryRun {
  readonly metricName: string;
}

export interface MeasurementRetention {
  readonly limit: number;
  readonly metricName: string;
}

export interface AnalysisTemplateRef {
  readonly clusterScope?: boolean;
  readonly templateName?: string;
}

export interface CanaryStrategy {
  readonly abortScaleDownDelaySeconds?: number;
  readonly analysis?: RolloutAnalysisBackground;
  readonly antiAffinity?: AntiAffinity;
  readonly canaryMetadata?: PodTemplateMetadata;
  readonly canaryService?: string;
  readonly dynamicStableScale?: boolean;
  readonly maxSurge?: IntOrString;
  readonly maxUnavailable?: IntOrString;
  readonly minPodsPerReplicaSet?: number;
  readonly pingPong?: PingPong;
  readonly replicaProgressThreshold?: ReplicaProgressThreshold;
  readonly scaleDownDelayRevisionLimit?: number;
  readonly scaleDownDelaySeconds?: number;
  readonly stableMetadata?: PodTemplateMetadata;
  readonly stableService?: string;
  readonly steps?: readonly CanaryStep[];
  readonly trafficRouting?: TrafficRouting;
}

export interface RolloutAnalysisBackground {
  readonly analysisRunMetadata?: PodTemplateMetadata;
  readonly args?: readonly AnalysisRunArgument[];
  readonly dryRun?: readonly DryRun[];
  readonly measurementRetention?: readonly MeasurementRetention[];
  readonly startingStep?: number;
  readonly templates?: readonly AnalysisTemplateRef[];
}

export interface PingPong {
  readonly pingService: string;
  readonly pongService: string;
}

export interface ReplicaProgressThreshold {
  readonly type: string;
  readonly value: number;
}

export interface CanaryStep {
  readonly analysis?: RolloutAnalysis;
  readonly experiment?: ExperimentStep;
  readonly pause?: RolloutPause;
  readonly plugin?: PluginStep;
  readonly setCanaryScale?: SetCanaryScale;
  readonly setHeaderRoute?: SetHeaderRoute;
  readonly setMirrorRoute?: SetMirrorRoute;
  readonly setWeight?: number;
}

export interface ExperimentStep {
  readonly analyses?: readonly ExperimentStepAnalysis[];
  readonly analysisRunMetadata?: PodTemplateMetadata;
  readonly dryRun?: readonly DryRun[];
  readonly duration?: string;
  readonly scaleDownDelaySeconds?: number;
  readonly templates: readonly ExperimentStepTemplate[];
}

export interface ExperimentStepAnalysis {
  readonly args?: readonly AnalysisRunArgument[];
  readonly clusterScope?: boolean;
  readonly name: string;
  readonly requiredForCompletion?: boolean;
  readonly templateName: string;
}

export interface ExperimentStepTemplate {
  readonly metadata?: PodTemplateMetadata;
  readonly name: string;
  readonly replicas?: number;
  readonly selector?: LabelSelector;
  readonly service?: TemplateService;
  readonly specRef: string;
  readonly weight?: number;
}

export interface TemplateService {
  readonly name?: string;
}

export interface RolloutPause {
  readonly duration?: IntOrString;
}

export interface PluginStep {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly name: string;
}

export interface SetCanaryScale {
  readonly matchTrafficWeight?: boolean;
  readonly replicas?: number;
  readonly weight?: number;
}

export interface SetHeaderRoute {
  readonly match?: readonly HeaderRoutingMatch[];
  readonly name?: string;
}

export interface HeaderRoutingMatch {
  readonly headerName: string;
  readonly headerValue: StringMatch;
}

export interface StringMatch {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}

export interface SetMirrorRoute {
  readonly match?: readonly RouteMatch[];
  readonly name: string;
  readonly percentage?: number;
}

export interface RouteMatch {
  readonly headers?: Readonly<Record<string, StringMatch>>;
  readonly method?: StringMatch;
  readonly path?: StringMatch;
}

export interface TrafficRouting {
  readonly alb?: AlbTrafficRouting;
  readonly ambassador?: AmbassadorTrafficRouting;
  readonly apisix?: ApisixTrafficRouting;
  readonly appMesh?: AppMeshTrafficRouting;
  readonly istio?: IstioTrafficRouting;
  readonly managedRoutes?: readonly ManagedRoute[];
  readonly maxTrafficWeight?: number;
  readonly nginx?: NginxTrafficRouting;
  readonly plugins?: Readonly<Record<string, unknown>>;
  readonly smi?: SmiTrafficRouting;
  readonly traefik?: TraefikTrafficRouting;
}

export interface AlbTrafficRouting {
  readonly annotationPrefix?: string;
  readonly ingress?: string;
  readonly ingresses?: readonly string[];
  readonly rootService?: string;
  readonly servicePort: number;
  readonly stickinessConfig?: AlbStickinessConfig;
}

export interface AlbStickinessConfig {
  readonly durationSeconds: number;
  readonly enabled: boolean;
}

export interface AmbassadorTrafficRouting {
  readonly mappings: readonly string[];
}

export interface ApisixTrafficRouting {
  readonly route?: ApisixRoute;
}

export interface ApisixRoute {
  readonly name: string;
  readonly rules?: readonly string[];
}

export interface AppMeshTrafficRouting {
  readonly virtualNodeGroup?: AppMeshVirtualNodeGroup;
  readonly virtualService?: AppMeshVirtualService;
}

export interface AppMeshVirtualNodeGroup {
  readonly canaryVirtualNodeRef: AppMeshVirtualNodeReference;
  readonly stableVirtualNodeRef: AppMeshVirtualNodeReference;
}

export interface AppMeshVirtualNodeReference {
  readonly name: string;
}

export interface AppMeshVirtualService {
  readonly name: string;
  readonly routes?: readonly string[];
}

export interface IstioTrafficRouting {
  readonly destinationRule?: IstioDestinationRule;
  readonly virtualService?: IstioVirtualService;
  readonly virtualServices?: readonly IstioVirtualService[];
}

export interface IstioDestinationRule {
  readonly additionalSubsetNames?: readonly string[];
  readonly canarySubsetName: string;
  readonly name: string;
  readonly stableSubsetName: string;
}

export interface IstioVirtualService {
  readonly name: string;
  readonly routes?: readonly string[];
  readonly tcpRoutes?: readonly IstioTcpRoute[];
  readonly tlsRoutes?: readonly IstioTlsRoute[];
}

export interface IstioTcpRoute {
  readonly port?: number;
}

export interface IstioTlsRoute {
  readonly port?: number;
  readonly sniHosts?: readonly string[];
}

export interface ManagedRoute {
  readonly name: string;
}

export interface NginxTrafficRouting {
  readonly additionalIngressAnnotations?: StringMap;
  readonly annotationPrefix?: string;
  readonly canaryIngressAnnotations?: StringMap;
  readonly stableIngress?: string;
  readonly stableIngresses?: readonly string[];
}

export interface SmiTrafficRouting {
  readonly rootService?: string;
  readonly trafficSplitName?: string;
}

export interface TraefikTrafficRouting {
  readonly weightedTraefikServiceName: string;
}

export interface WorkloadReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly scaleDown?: string;
}

export interface RolloutStatus {
  readonly HPAReplicas?: number | undefined;
  readonly abort?: boolean | undefined;
  readonly abortedAt?: string | undefined;
  readonly alb?: AlbStatus | undefined;
  readonly albs?: readonly AlbStatus[] | undefined;
  readonly availableReplicas?: number | undefined;
  readonly blueGreen?: BlueGreenStatus | undefined;
  readonly canary?: CanaryStatus | undefined;
  readonly collisionCount?: number | undefined;
  readonly conditions?: readonly RolloutCondition[] | undefined;
  readonly controllerPause?: boolean | undefined;
  readonly currentPodHash?: string | undefined;
  readonly currentStepHash?: string | undefined;
  readonly currentStepIndex?: number | undefined;
  readonly duration?: RolloutDuration | undefined;
  readonly message?: string | undefined;
  readonly observedGeneration?: string | undefined;
  readonly pauseConditions?: readonly PauseCondition[] | undefined;
  readonly phase?: string | undefined;
  readonly promoteFull?: boolean | undefined;
  readonly readyReplicas?: number | undefined;
  readonly replicas?: number | undefined;
  readonly restartedAt?: string | undefined;
  readonly selector?: string | undefined;
  readonly stableRS?: string | undefined;
  readonly updatedReplicas?: number | undefined;
  readonly workloadObservedGeneration?: string | undefined;
}

export interface AlbStatus {
  readonly canaryTargetGroup?: AwsResourceReference | undefined;
  readonly ingress?: string | undefined;
  readonly loadBalancer?: AwsResourceReference | undefined;
  readonly stableTargetGroup?: AwsResourceReference | undefined;
}

export interface AwsResourceReference {
  readonly arn: string;
  readonly fullName?: string | undefined;
  readonly name: string;
}

export interface BlueGreenStatus {
  readonly activeSelector?: string | undefined;
  readonly postPromotionAnalysisRunStatus?: RolloutAnalysisRunStatus | undefined;
  readonly prePromotionAnalysisRunStatus?: RolloutAnalysisRunStatus | undefined;
  readonly previewSelector?: string | undefined;
  readonly scaleUpPreviewCheckPoint?: boolean | undefined;
}

export interface RolloutAnalysisRunStatus {
  readonly message?: string | undefined;
  readonly name: string;
  readonly status: string;
}

export interface CanaryStatus {
  readonly currentBackgroundAnalysisRunStatus?: RolloutAnalysisRunStatus | undefined;
  readonly currentExperiment?: string | undefined;
  readonly currentStepAnalysisRunStatus?: RolloutAnalysisRunStatus | undefined;
  readonly stablePingPong?: string | undefined;
  readonly stepPluginStatuses?: readonly StepPluginStatus[] | undefined;
  readonly weights?: TrafficWeights | undefined;
}

export interface StepPluginStatus {
  readonly backoff?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly executions?: number | undefined;
  readonly finishedAt?: string | undefined;
  readonly index: number;
  readonly message?: string | undefined;
  readonly name: string;
  readonly operation: string;
  readonly phase?: string | undefined;
  readonly startedAt?: string | undefined;
  readonly status?: Readonly<Record<string, unknown>> | undefined;
  readonly updatedAt?: string | undefined;
}

export interface TrafficWeights {
  readonly additional?: readonly WeightDestination[] | undefined;
  readonly canary: WeightDestination;
  readonly stable: WeightDestination;
  readonly verified?: boolean | undefined;
}

export interface WeightDestination {
  readonly podTemplateHash?: string | undefined;
  readonly serviceName?: string | undefined;
  readonly weight: number;
}

export interface RolloutCondition {
  readonly lastTransitionTime: string;
  readonly lastUpdateTime: string;
  readonly message: string;
  readonly reason: string;
  readonly status: string;
  readonly type: string;
}

export interface RolloutDuration {
  readonly completionStatus?: string | undefined;
  readonly finishedAt?: string | undefined;
  readonly manualPauseStartedAt?: string | undefined;
  readonly rolloutStartedAt?: string | undefined;
  readonly totalManualPauseDurationSeconds?: number | undefined;
}

export interface PauseCondition {
  readonly reason: string;
  readonly startTime: string;
}

/** One run of an analysis: its metrics, their arguments, and what was measured. */
export interface AnalysisRun extends KubernetesObject {
  readonly spec: AnalysisRunSpec;
  readonly status?: AnalysisRunStatus;
}

export interface AnalysisRunSpec {
  readonly args?: readonly Argument[];
  readonly dryRun?: readonly DryRun[];
  readonly measurementRetention?: readonly MeasurementRetention[];
  readonly metrics: readonly Metric[];
  readonly terminate?: boolean;
  readonly ttlStrategy?: TtlStrategy;
}

export interface Argument {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: ArgumentSource;
}

export interface ArgumentSource {
  readonly fieldRef?: FieldRef;
  readonly secretKeyRef?: SecretKeyRef;
}

export interface SecretKeyRef {
  readonly key: string;
  readonly name: string;
}

export interface Metric {
  readonly consecutiveErrorLimit?: IntOrString;
  readonly consecutiveSuccessLimit?: IntOrString;
  readonly count?: IntOrString;
  readonly failureCondition?: string;
  readonly failureLimit?: IntOrString;
  readonly inconclusiveLimit?: IntOrString;
  readonly initialDelay?: string;
  readonly interval?: string;
  readonly name: string;
  readonly provider: MetricProvider;
  readonly successCondition?: string;
}

export interface MetricProvider {
  readonly cloudWatch?: CloudWatchMetric;
  readonly datadog?: DatadogMetric;
  readonly graphite?: GraphiteMetric;
  readonly influxdb?: InfluxdbMetric;
  readonly job?: JobMetric;
  readonly kayenta?: KayentaMetric;
  readonly newRelic?: NewRelicMetric;
  readonly plugin?: Readonly<Record<string, unknown>>;
  readonly prometheus?: PrometheusMetric;
  readonly skywalking?: SkyWalkingMetric;
  readonly wavefront?: WavefrontMetric;
  readonly web?: WebMetric;
}

export interface CloudWatchMetric {
  readonly interval?: string;
  readonly metricDataQueries: readonly CloudWatchMetricDataQuery[];
}

export interface CloudWatchMetricDataQuery {
  readonly expression?: string;
  readonly id?: string;
  readonly label?: string;
  readonly metricStat?: CloudWatchMetricStat;
  readonly period?: IntOrString;
  readonly returnData?: boolean;
}

export interface CloudWatchMetricStat {
  readonly metric?: CloudWatchMetricStatMetric;
  readonly period?: IntOrString;
  readonly stat?: string;
  readonly unit?: string;
}

export interface CloudWatchMetricStatMetric {
  readonly dimensions?: readonly CloudWatchMetricDimension[];
  readonly metricName?: string;
  readonly namespace?: string;
}

export interface CloudWatchMetricDimension {
  readonly name?: string;
  readonly value?: string;
}

export interface DatadogMetric {
  readonly aggregator?: 'avg' | 'min' | 'max' | 'sum' | 'last' | 'percentile' | 'mean' | 'l2norm' | 'area';
  readonly apiVersion?: 'v1' | 'v2';
  readonly formula?: string;
  readonly interval?: string;
  readonly queries?: StringMap;
  readonly query?: string;
  readonly requestTimeout?: string;
  readonly secretRef?: DatadogMetricSecretRef;
}

export interface DatadogMetricSecretRef {
  readonly name?: string;
  readonly namespaced?: boolean;
}

export interface GraphiteMetric {
  readonly address?: string;
  readonly query?: string;
}

export interface InfluxdbMetric {
  readonly profile?: string;
  readonly query?: string;
}

export interface JobMetric {
  readonly metadata?: PodTemplateMetadata;
  readonly spec: JobSpec;
}

export interface JobSpec {
  readonly activeDeadlineSeconds?: number;
  readonly backoffLimit?: number;
  readonly backoffLimitPerIndex?: number;
  readonly completionMode?: string;
  readonly completions?: number;
  readonly managedBy?: string;
  readonly manualSelector?: boolean;
  readonly maxFailedIndexes?: number;
  readonly parallelism?: number;
  readonly podFailurePolicy?: JobSpecPodFailurePolicy;
  readonly podReplacementPolicy?: string;
  readonly selector?: LabelSelector;
  readonly successPolicy?: JobSpecSuccessPolicy;
  readonly suspend?: boolean;
  readonly template: PodTemplateSpec;
  readonly ttlSecondsAfterFinished?: number;
}

export interface JobSpecPodFailurePolicy {
  readonly rules: readonly JobSpecPodFailurePolicyRule[];
}

export interface JobSpecPodFailurePolicyRule {
  readonly action: string;
  readonly onExitCodes?: JobSpecPodFailurePolicyRuleOnExitCodes;
  readonly onPodConditions?: readonly JobSpecPodFailurePolicyRuleOnPodCondition[];
}

export interface JobSpecPodFailurePolicyRuleOnExitCodes {
  readonly containerName?: string;
  readonly operator: string;
  readonly values: readonly number[];
}

export interface JobSpecPodFailurePolicyRuleOnPodCondition {
  readonly status: string;
  readonly type: string;
}

export interface JobSpecSuccessPolicy {
  readonly rules: readonly JobSpecSuccessPolicyRule[];
}

export interface JobSpecSuccessPolicyRule {
  readonly succeededCount?: number;
  readonly succeededIndexes?: string;
}

export interface KayentaMetric {
  readonly address: string;
  readonly application: string;
  readonly canaryConfigName: string;
  readonly configurationAccountName: string;
  readonly lookback?: boolean;
  readonly metricsAccountName: string;
  readonly scopes: readonly KayentaScope[];
  readonly storageAccountName: string;
  readonly threshold: KayentaMetricThreshold;
}

export interface KayentaScope {
  readonly controlScope: ScopeDetail;
  readonly experimentScope: ScopeDetail;
  readonly name: string;
}

export interface ScopeDetail {
  readonly end?: string;
  readonly region: string;
  readonly scope: string;
  readonly start?: string;
  readonly step: number;
}

export interface KayentaMetricThreshold {
  readonly marginal: number;
  readonly pass: number;
}

export interface NewRelicMetric {
  readonly profile?: string;
  readonly query: string;
  readonly timeout?: number;
}

export interface PrometheusMetric {
  readonly address?: string;
  readonly authentication?: Authentication;
  readonly headers?: readonly WebMetricHeader[];
  readonly insecure?: boolean;
  readonly query?: string;
  readonly rangeQuery?: PrometheusRangeQuery;
  readonly timeout?: number;
}

export interface Authentication {
  readonly basicAuth?: BasicAuth;
  readonly oauth2?: OAuth2Config;
  readonly sigv4?: Sigv4Config;
}

export interface BasicAuth {
  readonly password?: string;
  readonly username?: string;
}

export interface OAuth2Config {
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly scopes?: readonly string[];
  readonly tokenUrl?: string;
}

export interface Sigv4Config {
  readonly profile?: string;
  readonly region?: string;
  readonly roleArn?: string;
}

export interface WebMetricHeader {
  readonly key: string;
  readonly value: string;
}

export interface PrometheusRangeQuery {
  readonly end?: string;
  readonly start?: string;
  readonly step?: string;
}

export interface SkyWalkingMetric {
  readonly address?: string;
  readonly interval?: string;
  readonly query?: string;
}

export interface WavefrontMetric {
  readonly address?: string;
  readonly query?: string;
}

export interface WebMetric {
  readonly authentication?: Authentication;
  readonly body?: string;
  readonly headers?: readonly WebMetricHeader[];
  readonly insecure?: boolean;
  readonly jsonBody?: Readonly<Record<string, unknown>>;
  readonly jsonPath?: string;
  readonly method?: string;
  readonly timeoutSeconds?: number;
  readonly url: string;
}

export interface TtlStrategy {
  readonly secondsAfterCompletion?: number;
  readonly secondsAfterFailure?: number;
  readonly secondsAfterSuccess?: number;
}

export interface AnalysisRunStatus {
  readonly completedAt?: string | undefined;
  readonly dryRunSummary?: RunSummary | undefined;
  readonly message?: string | undefined;
  readonly metricResults?: readonly MetricResult[] | undefined;
  readonly phase: string;
  readonly runSummary?: RunSummary | undefined;
  readonly startedAt?: string | undefined;
}

export interface RunSummary {
  readonly count?: number | undefined;
  readonly error?: number | undefined;
  readonly failed?: number | undefined;
  readonly inconclusive?: number | undefined;
  readonly successful?: number | undefined;
}

export interface MetricResult {
  readonly consecutiveError?: number | undefined;
  readonly consecutiveSuccess?: number | undefined;
  readonly count?: number | undefined;
  readonly dryRun?: boolean | undefined;
  readonly error?: number | undefined;
  readonly failed?: number | undefined;
  readonly inconclusive?: number | undefined;
  readonly measurements?: readonly Measurement[] | undefined;
  readonly message?: string | undefined;
  readonly metadata?: StringMap | undefined;
  readonly name: string;
  readonly phase: string;
  readonly successful?: number | undefined;
}

export interface Measurement {
  readonly finishedAt?: string | undefined;
  readonly message?: string | undefined;
  readonly metadata?: StringMap | undefined;
  readonly phase: string;
  readonly resumeAt?: string | undefined;
  readonly startedAt?: string | undefined;
  readonly value?: string | undefined;
}

/** How an analysis measures and judges, for the rollouts of one namespace. */
export interface AnalysisTemplate extends KubernetesObject {
  readonly spec: AnalysisTemplateSpec;
}

export interface AnalysisTemplateSpec {
  readonly args?: readonly Argument[];
  readonly dryRun?: readonly DryRun[];
  readonly measurementRetention?: readonly MeasurementRetention[];
  readonly metrics?: readonly Metric[];
  readonly templates?: readonly AnalysisTemplateRef[];
}

/** How an analysis measures and judges, for the rollouts of every namespace. */
export interface ClusterAnalysisTemplate extends KubernetesObject {
  readonly spec: AnalysisTemplateSpec;
}

/** Short-lived ReplicaSets that run side by side, with analyses that compare them. */
export interface Experiment extends KubernetesObject {
  readonly spec: ExperimentSpec;
  readonly status?: ExperimentStatus;
}

export interface ExperimentSpec {
  readonly analyses?: readonly ExperimentAnalysisTemplateRef[];
  readonly analysisRunMetadata?: PodTemplateMetadata;
  readonly dryRun?: readonly DryRun[];
  readonly duration?: string;
  readonly measurementRetention?: readonly MeasurementRetention[];
  readonly progressDeadlineSeconds?: number;
  readonly scaleDownDelaySeconds?: number;
  readonly templates: readonly TemplateSpec[];
  readonly terminate?: boolean;
}

export interface ExperimentAnalysisTemplateRef {
  readonly args?: readonly Argument[];
  readonly clusterScope?: boolean;
  readonly name: string;
  readonly requiredForCompletion?: boolean;
  readonly templateName: string;
}

export interface TemplateSpec {
  readonly minReadySeconds?: number;
  readonly name: string;
  readonly replicas?: number;
  readonly selector: LabelSelector;
  readonly service?: TemplateService;
  readonly template: PodTemplateSpec;
}

export interface ExperimentStatus {
  readonly analysisRuns?: readonly ExperimentAnalysisRunStatus[] | undefined;
  readonly availableAt?: string | undefined;
  readonly conditions?: readonly ExperimentCondition[] | undefined;
  readonly message?: string | undefined;
  readonly phase?: string | undefined;
  readonly templateStatuses?: readonly TemplateStatus[] | undefined;
}

export interface ExperimentAnalysisRunStatus {
  readonly analysisRun: string;
  readonly message?: string | undefined;
  readonly name: string;
  readonly phase: string;
}

export interface ExperimentCondition {
  readonly lastTransitionTime: string;
  readonly lastUpdateTime: string;
  readonly message: string;
  readonly reason: string;
  readonly status: string;
  readonly type: string;
}

export interface TemplateStatus {
  readonly availableReplicas: number;
  readonly collisionCount?: number | undefined;
  readonly lastTransitionTime?: string | undefined;
  readonly message?: string | undefined;
  readonly name: string;
  readonly podTemplateHash?: string | undefined;
  readonly readyReplicas: number;
  readonly replicas: number;
  readonly serviceName?: string | undefined;
  readonly status?: string | undefined;
  readonly updatedReplicas: number;
}
