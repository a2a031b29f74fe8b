// Generated from crds/ by "npm run generate". Do not edit.
// Fields of a status may be given as `undefined`, which means absent: whoever computes a status writes each field
// in one expression, and JSON and lang/merge-patch.ts leave such fields out.

import type { IntOrString, KubernetesObject, LabelSelector, PodTemplateSpec, StringMap } from './kubernetes-types.ts';

/** A workload that is updated progressively: by canary steps or by a blue-green switch. */
export interface Rollout extends KubernetesObject {
  readonly spec: RolloutSpec;
  readonly status?: RolloutStatus;
}

/** What is wanted. */
export interface RolloutSpec {
  /** How many finished analysis runs and experiments are kept. */
  readonly analysis?: AnalysisRunRetention;
  /** Seconds that a pod must be ready before it counts as available; 0 when absent. */
  readonly minReadySeconds?: number;
  /** Halts steps, promotion and (canary) scaling until it is set back. */
  readonly paused?: boolean;
  /** Aborts the update when the progress deadline passes, instead of only reporting it. */
  readonly progressDeadlineAbort?: boolean;
  /** Seconds without progress after which the update is reported as failed; 600 when absent. */
  readonly progressDeadlineSeconds?: number;
  /** Desired pods; 1 when absent. */
  readonly replicas?: number;
  /** Pods that are older than this moment are replaced, within the bounds of availability. */
  readonly restartAt?: string;
  /** Old ReplicaSets that are kept for a rollback; 10 when absent. */
  readonly revisionHistoryLimit?: number;
  /** Lets a rollback to a recent revision skip all steps and analyses. */
  readonly rollbackWindow?: RollbackWindow;
  /** Selects the pods. Must match the labels of the template; cannot be changed. */
  readonly selector?: LabelSelector;
  /** How a new template replaces the old one: exactly one of canary and blueGreen. */
  readonly strategy?: RolloutStrategy;
  /** The pods. A change of it starts an update. */
  readonly template?: PodTemplateSpec;
  /** Takes template and selector from another workload instead of spec.template. */
  readonly workloadRef?: WorkloadReference;
}

/** How many finished analysis runs and experiments are kept. */
export interface AnalysisRunRetention {
  /** Successful ones that are kept; 5 when absent. */
  readonly successfulRunHistoryLimit?: number;
  /** Failed, erroneous and inconclusive ones that are kept; 5 when absent. */
  readonly unsuccessfulRunHistoryLimit?: number;
}

/** Lets a rollback to a recent revision skip all steps and analyses. */
export interface RollbackWindow {
  /** How many revisions count as recent. */
  readonly revisions?: number;
}

/** How a new template replaces the old one: exactly one of canary and blueGreen. */
export interface RolloutStrategy {
  /** Runs the new version beside the old one and switches all traffic at once. */
  readonly blueGreen?: BlueGreenStrategy;
  /** Moves traffic, or pods where there is no router, to the new version step by step. */
  readonly canary?: CanaryStrategy;
}

/** Runs the new version beside the old one and switches all traffic at once. */
export interface BlueGreenStrategy {
  /** Seconds until the new version is scaled down after an abort; 30 when absent, 0 keeps it. */
  readonly abortScaleDownDelaySeconds?: number;
  /** Labels and annotations of the pods that users reach. */
  readonly activeMetadata?: PodTemplateMetadata;
  /** Service that users reach. */
  readonly activeService: string;
  /** Keeps pods of the new version off the nodes of the stable one: exactly one of the two rules. */
  readonly antiAffinity?: AntiAffinity;
  /** Whether the switch happens by itself; true when absent. */
  readonly autoPromotionEnabled?: boolean;
  /** Seconds that the new version waits, fully available, before the switch by itself. */
  readonly autoPromotionSeconds?: number;
  /** Pods that a restart may take away at once, as a number or a percentage; 25% when absent. */
  readonly maxUnavailable?: IntOrString;
  /** Follows the switch; its failure switches back. */
  readonly postPromotionAnalysis?: RolloutAnalysis;
  /** Must succeed before the switch. */
  readonly prePromotionAnalysis?: RolloutAnalysis;
  /** Labels and annotations of the pods in preview. */
  readonly previewMetadata?: PodTemplateMetadata;
  /** Pods of the new version before the switch; as many as spec.replicas when absent. */
  readonly previewReplicaCount?: number;
  /** Service that reaches the new version before the switch. */
  readonly previewService?: string;
  /** Old versions that may wait for their scale-down at the same time; no limit when absent. */
  readonly scaleDownDelayRevisionLimit?: number;
  /** Seconds that the old version stays after a promotion; 30 when absent. */
  readonly scaleDownDelaySeconds?: number;
}

export interface PodTemplateMetadata {
  readonly annotations?: StringMap;
  readonly labels?: StringMap;
}

/** Keeps pods of the new version off the nodes of the stable one: exactly one of the two rules. */
export interface AntiAffinity {
  readonly preferredDuringSchedulingIgnoredDuringExecution?: PreferredAntiAffinity;
  readonly requiredDuringSchedulingIgnoredDuringExecution?: Readonly<Record<string, unknown>>;
}

export interface PreferredAntiAffinity {
  readonly weight: number;
}

export interface RolloutAnalysis {
  /** Labels and annotations of the analysis runs. */
  readonly analysisRunMetadata?: PodTemplateMetadata;
  /** Arguments that are handed to the templates. */
  readonly args?: readonly AnalysisRunArgument[];
  /** Metrics whose result is only told, and changes nothing. */
  readonly dryRun?: readonly DryRun[];
  /** Measurements that are kept, by metric. */
  readonly measurementRetention?: readonly MeasurementRetention[];
  /** Templates whose metrics are measured. */
  readonly templates?: readonly AnalysisTemplateRef[];
}

export interface AnalysisRunArgument {
  /** Name of the argument. */
  readonly name: string;
  /** Its value. */
  readonly value?: string;
  /** Where its value comes from. */
  readonly valueFrom?: AnalysisRunArgumentSource;
}

/** Where its value comes from. */
export interface AnalysisRunArgumentSource {
  /** A field of the Rollout. */
  readonly fieldRef?: FieldRef;
  /** Stable or Latest: the hash of that version. */
  readonly podTemplateHashValue?: string;
}

/** A field of the Rollout. */
export interface FieldRef {
  /** Path of the field, such as metadata.labels['app']. */
  readonly fieldPath: string;
}

export interface DryRun {
  /** Name of the metric, or a regular expression. */
  readonly metricName: string;
}

export interface MeasurementRetention {
  /** Measurements that are kept. */
  readonly limit: number;
  /** Name of the metric, or a regular expression. */
  readonly metricName: string;
}

export interface AnalysisTemplateRef {
  /** The template is a ClusterAnalysisTemplate. */
  readonly clusterScope?: boolean;
  /** Name of the template. */
  readonly templateName?: string;
}

/** Moves traffic, or pods where there is no router, to the new version step by step. */
export interface CanaryStrategy {
  /** Seconds until the new version is scaled down after an abort; 30 when absent, 0 keeps it. */
  readonly abortScaleDownDelaySeconds?: number;
  /** Runs in the background of the steps; its failure aborts the update. */
  readonly analysis?: RolloutAnalysisBackground;
  /** Keeps pods of the new version off the nodes of the stable one: exactly one of the two rules. */
  readonly antiAffinity?: AntiAffinity;
  /** Labels and annotations of the pods of the new version while it is updated. */
  readonly canaryMetadata?: PodTemplateMetadata;
  /** Service that is pointed to the new version. */
  readonly canaryService?: string;
  /** Scales the stable version down as traffic leaves it. Needs a router. */
  readonly dynamicStableScale?: boolean;
  /** Pods above spec.replicas, as a number or a percentage; 25% when absent. */
  readonly maxSurge?: IntOrString;
  /** Pods that may be unavailable, as a number or a percentage; 25% when absent. */
  readonly maxUnavailable?: IntOrString;
  /** Least pods of a ReplicaSet that gets traffic. Needs a router. */
  readonly minPodsPerReplicaSet?: number;
  /** Two Services that take turns as stable and canary, so that no Service changes its pods under traffic. */
  readonly pingPong?: PingPong;
  /** How many pods must be available for a step to count as scaled; all when absent. */
  readonly replicaProgressThreshold?: ReplicaProgressThreshold;
  /** Old versions that may wait for their scale-down at the same time; no limit when absent. */
  readonly scaleDownDelayRevisionLimit?: number;
  /** Seconds that the old version stays after a promotion; 30 when absent. */
  readonly scaleDownDelaySeconds?: number;
  /** Labels and annotations of the pods of the stable version. */
  readonly stableMetadata?: PodTemplateMetadata;
  /** Service that is pointed to the stable version. */
  readonly stableService?: string;
  /** The way from the old version to the new one. */
  readonly steps?: readonly CanaryStep[];
  /** Routers that split the traffic. Without any, the split follows from the numbers of pods. */
  readonly trafficRouting?: TrafficRouting;
}

/** Runs in the background of the steps; its failure aborts the update. */
export interface RolloutAnalysisBackground {
  /** Labels and annotations of the analysis runs. */
  readonly analysisRunMetadata?: PodTemplateMetadata;
  /** Arguments that are handed to the templates. */
  readonly args?: readonly AnalysisRunArgument[];
  /** Metrics whose result is only told, and changes nothing. */
  readonly dryRun?: readonly DryRun[];
  /** Measurements that are kept, by metric. */
  readonly measurementRetention?: readonly MeasurementRetention[];
  /** Index of the step with which the analysis starts. */
  readonly startingStep?: number;
  /** Templates whose metrics are measured. */
  readonly templates?: readonly AnalysisTemplateRef[];
}

/** Two Services that take turns as stable and canary, so that no Service changes its pods under traffic. */
export interface PingPong {
  /** One of the two Services. */
  readonly pingService: string;
  /** The other Service. */
  readonly pongService: string;
}

/** How many pods must be available for a step to count as scaled; all when absent. */
export interface ReplicaProgressThreshold {
  /** Percent or Pods. */
  readonly type: string;
  /** The percentage, or the number of pods. */
  readonly value: number;
}

export interface CanaryStep {
  /** Waits for an analysis; its failure aborts the update. */
  readonly analysis?: RolloutAnalysis;
  /** Waits for an experiment; its failure aborts the update. */
  readonly experiment?: ExperimentStep;
  /** Waits: for the duration, or for a promotion. */
  readonly pause?: RolloutPause;
  /** Waits for a step that a plugin carries out. */
  readonly plugin?: PluginStep;
  /** Sets the size of the new version apart from its share of the traffic. Needs a router. */
  readonly setCanaryScale?: SetCanaryScale;
  /** Sends requests with certain headers to the new version; without a match, removes the route. */
  readonly setHeaderRoute?: SetHeaderRoute;
  /** Sends copies of requests to the new version; without a match, removes the route. */
  readonly setMirrorRoute?: SetMirrorRoute;
  /** Share of the traffic that the new version gets. */
  readonly setWeight?: number;
}

/** Waits for an experiment; its failure aborts the update. */
export interface ExperimentStep {
  /** Analyses that run with the experiment. */
  readonly analyses?: readonly ExperimentStepAnalysis[];
  /** Labels and annotations of the analysis runs. */
  readonly analysisRunMetadata?: PodTemplateMetadata;
  /** Metrics whose result is only told, and changes nothing. */
  readonly dryRun?: readonly DryRun[];
  /** How long the experiment runs once its pods are available. */
  readonly duration?: string;
  /** Seconds that its pods stay afterwards. */
  readonly scaleDownDelaySeconds?: number;
  /** The ReplicaSets of the experiment. */
  readonly templates: readonly ExperimentStepTemplate[];
}

export interface ExperimentStepAnalysis {
  /** Arguments that are handed to the templates. */
  readonly args?: readonly AnalysisRunArgument[];
  /** The template is a ClusterAnalysisTemplate. */
  readonly clusterScope?: boolean;
  readonly name: string;
  /** The experiment waits for this analysis to end. */
  readonly requiredForCompletion?: boolean;
  /** Name of the template. */
  readonly templateName: string;
}

export interface ExperimentStepTemplate {
  /** Labels and annotations of its pods. */
  readonly metadata?: PodTemplateMetadata;
  /** Unique within the experiment. */
  readonly name: string;
  /** Pods; 1 when absent. */
  readonly replicas?: number;
  /** Selects its pods. */
  readonly selector?: LabelSelector;
  /** Makes a Service for this template. */
  readonly service?: TemplateService;
  /** Whose pod spec it takes: stable or canary. */
  readonly specRef: string;
  /** Share of the traffic that its Service gets. */
  readonly weight?: number;
}

/** Makes a Service for this template. */
export interface TemplateService {
  /** Name of the Service; that of the ReplicaSet when absent. */
  readonly name?: string;
}

/** Waits: for the duration, or for a promotion. */
export interface RolloutPause {
  /** Seconds, or a duration such as 1h30m; without it, until a promotion. */
  readonly duration?: IntOrString;
}

/** Waits for a step that a plugin carries out. */
export interface PluginStep {
  /** Handed to the plugin as it is. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Name of the plugin. */
  readonly name: string;
}

/** Sets the size of the new version apart from its share of the traffic. Needs a router. */
export interface SetCanaryScale {
  /** Lets the size follow the weight again. */
  readonly matchTrafficWeight?: boolean;
  /** Size as a number of pods. */
  readonly replicas?: number;
  /** Size as a percentage of spec.replicas. */
  readonly weight?: number;
}

/** Sends requests with certain headers to the new version; without a match, removes the route. */
export interface SetHeaderRoute {
  /** Headers that a request must have. */
  readonly match?: readonly HeaderRoutingMatch[];
  /** One of the managed routes. */
  readonly name?: string;
}

export interface HeaderRoutingMatch {
  /** Name of the header. */
  readonly headerName: string;
  /** Exactly one of exact, prefix and regex. */
  readonly headerValue: StringMatch;
}

export interface StringMatch {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}

/** Sends copies of requests to the new version; without a match, removes the route. */
export interface SetMirrorRoute {
  /** Requests that are mirrored: those that fit one of the elements. */
  readonly match?: readonly RouteMatch[];
  /** One of the managed routes. */
  readonly name: string;
  /** Percentage of the matching requests; all when absent. */
  readonly percentage?: number;
}

export interface RouteMatch {
  /** Values by name of the header. */
  readonly headers?: Readonly<Record<string, StringMatch>>;
  /** The method of the request. */
  readonly method?: StringMatch;
  /** The path of the request. */
  readonly path?: StringMatch;
}

/** Routers that split the traffic. Without any, the split follows from the numbers of pods. */
export interface TrafficRouting {
  /** AWS Load Balancer Controller: the action annotation of Ingresses. */
  readonly alb?: AlbTrafficRouting;
  /** Ambassador or Emissary: canary Mappings. */
  readonly ambassador?: AmbassadorTrafficRouting;
  /** Apache APISIX: weights of an ApisixRoute. */
  readonly apisix?: ApisixTrafficRouting;
  /** AWS App Mesh: weights of a virtual router. */
  readonly appMesh?: AppMeshTrafficRouting;
  /** Istio: weights of VirtualServices. */
  readonly istio?: IstioTrafficRouting;
  /** Routes that steps may make and remove; the first one has priority. */
  readonly managedRoutes?: readonly ManagedRoute[];
  /** The weight that means all traffic; 100 when absent. */
  readonly maxTrafficWeight?: number;
  /** ingress-nginx: a canary Ingress beside each stable one. */
  readonly nginx?: NginxTrafficRouting;
  /** Routers by the name of their plugin; each value is handed over as it is. */
  readonly plugins?: Readonly<Record<string, unknown>>;
  /** Service Mesh Interface: a TrafficSplit. */
  readonly smi?: SmiTrafficRouting;
  /** Traefik: weights of a TraefikService. */
  readonly traefik?: TraefikTrafficRouting;
}

/** AWS Load Balancer Controller: the action annotation of Ingresses. */
export interface AlbTrafficRouting {
  /** Prefix of the annotations; alb.ingress.kubernetes.io when absent. */
  readonly annotationPrefix?: string;
  /** The Ingress. Exactly one of ingress and ingresses. */
  readonly ingress?: string;
  /** Several Ingresses with one split. */
  readonly ingresses?: readonly string[];
  /** Service that the rules name; the stable Service when absent. */
  readonly rootService?: string;
  /** Port of the Services. */
  readonly servicePort: number;
  /** Keeps a client with the version that it reached first. */
  readonly stickinessConfig?: AlbStickinessConfig;
}

/** Keeps a client with the version that it reached first. */
export interface AlbStickinessConfig {
  /** For how long: 1 to 604800 seconds. */
  readonly durationSeconds: number;
  /** Switches stickiness on. */
  readonly enabled: boolean;
}

/** Ambassador or Emissary: canary Mappings. */
export interface AmbassadorTrafficRouting {
  /** Names of the Mappings. */
  readonly mappings: readonly string[];
}

/** Apache APISIX: weights of an ApisixRoute. */
export interface ApisixTrafficRouting {
  /** The ApisixRoute. */
  readonly route?: ApisixRoute;
}

/** The ApisixRoute. */
export interface ApisixRoute {
  /** Its name. */
  readonly name: string;
  /** Names of its rules; all when absent. */
  readonly rules?: readonly string[];
}

/** AWS App Mesh: weights of a virtual router. */
export interface AppMeshTrafficRouting {
  /** The virtual nodes of both versions. */
  readonly virtualNodeGroup?: AppMeshVirtualNodeGroup;
  /** The VirtualService. */
  readonly virtualService?: AppMeshVirtualService;
}

/** The virtual nodes of both versions. */
export interface AppMeshVirtualNodeGroup {
  /** Virtual node of the new version. */
  readonly canaryVirtualNodeRef: AppMeshVirtualNodeReference;
  /** Virtual node of the stable version. */
  readonly stableVirtualNodeRef: AppMeshVirtualNodeReference;
}

export interface AppMeshVirtualNodeReference {
  readonly name: string;
}

/** The VirtualService. */
export interface AppMeshVirtualService {
  /** Its name. */
  readonly name: string;
  /** Names of its routes; all when absent. */
  readonly routes?: readonly string[];
}

/** Istio: weights of VirtualServices. */
export interface IstioTrafficRouting {
  /** Splits by the subsets of a DestinationRule instead of by Services. */
  readonly destinationRule?: IstioDestinationRule;
  /** The VirtualService. Exactly one of virtualService and virtualServices. */
  readonly virtualService?: IstioVirtualService;
  /** Several VirtualServices with one split. */
  readonly virtualServices?: readonly IstioVirtualService[];
}

/** Splits by the subsets of a DestinationRule instead of by Services. */
export interface IstioDestinationRule {
  /** Further subsets that are kept. */
  readonly additionalSubsetNames?: readonly string[];
  /** Subset of the new version. */
  readonly canarySubsetName: string;
  /** Its name. */
  readonly name: string;
  /** Subset of the stable version. */
  readonly stableSubsetName: string;
}

export interface IstioVirtualService {
  /** Its name, with its namespace after a dot where that is another. */
  readonly name: string;
  /** Names of its HTTP routes; may be left out where it has one. */
  readonly routes?: readonly string[];
  /** TCP routes, by port. */
  readonly tcpRoutes?: readonly IstioTcpRoute[];
  /** TLS routes, by port and host names. */
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
  /** Name of the route. */
  readonly name: string;
}

/** ingress-nginx: a canary Ingress beside each stable one. */
export interface NginxTrafficRouting {
  /** Annotations of the canary Ingress, without their prefix. */
  readonly additionalIngressAnnotations?: StringMap;
  /** Prefix of the annotations; nginx.ingress.kubernetes.io when absent. */
  readonly annotationPrefix?: string;
  /** Annotations of the canary Ingress, as they are. */
  readonly canaryIngressAnnotations?: StringMap;
  /** The Ingress. Exactly one of stableIngress and stableIngresses. */
  readonly stableIngress?: string;
  /** Several Ingresses with one split. */
  readonly stableIngresses?: readonly string[];
}

/** Service Mesh Interface: a TrafficSplit. */
export interface SmiTrafficRouting {
  /** Service that clients name; the stable Service when absent. */
  readonly rootService?: string;
  /** Name of the TrafficSplit; that of the Rollout when absent. */
  readonly trafficSplitName?: string;
}

/** Traefik: weights of a TraefikService. */
export interface TraefikTrafficRouting {
  /** Name of the TraefikService. */
  readonly weightedTraefikServiceName: string;
}

/** Takes template and selector from another workload instead of spec.template. */
export interface WorkloadReference {
  /** API version of the workload. */
  readonly apiVersion?: string;
  /** Deployment, ReplicaSet or PodTemplate. */
  readonly kind?: string;
  /** Name of the workload, in the namespace of the Rollout. */
  readonly name?: string;
  /** When the Deployment is scaled down: never (the default), onsuccess or progressively. */
  readonly scaleDown?: string;
}

/** What the controller has observed and decided. */
export interface RolloutStatus {
  /** Pods that autoscaling counts. */
  readonly HPAReplicas?: number | undefined;
  /** The update is aborted: traffic is back on the stable version. */
  readonly abort?: boolean | undefined;
  /** When it was aborted. */
  readonly abortedAt?: string | undefined;
  /** The load balancer of the one Ingress. */
  readonly alb?: AlbStatus | undefined;
  /** The load balancers of the Ingresses. */
  readonly albs?: readonly AlbStatus[] | undefined;
  /** Available pods. */
  readonly availableReplicas?: number | undefined;
  /** State of the blue-green strategy. */
  readonly blueGreen?: BlueGreenStatus | undefined;
  /** State of the canary strategy. */
  readonly canary?: CanaryStatus | undefined;
  /** Collisions of the template hash so far: part of the hash. */
  readonly collisionCount?: number | undefined;
  /** The latest observations, at most one of each type. */
  readonly conditions?: readonly RolloutCondition[] | undefined;
  /** The controller has paused; without pause conditions, a user has resumed. */
  readonly controllerPause?: boolean | undefined;
  /** Hash of the version that is wanted. */
  readonly currentPodHash?: string | undefined;
  /** Hash of the steps: when it changes they start again. */
  readonly currentStepHash?: string | undefined;
  /** Steps that are completed. */
  readonly currentStepIndex?: number | undefined;
  /** Timing of the latest update. */
  readonly duration?: RolloutDuration | undefined;
  /** Why the phase is what it is. */
  readonly message?: string | undefined;
  /** Generation of the spec that this status tells of, as a decimal text. */
  readonly observedGeneration?: string | undefined;
  /** Why the update waits. A user resumes by clearing the list. */
  readonly pauseConditions?: readonly PauseCondition[] | undefined;
  /** Healthy, Progressing, Paused or Degraded. */
  readonly phase?: string | undefined;
  /** A user has asked to skip all steps. */
  readonly promoteFull?: boolean | undefined;
  /** Ready pods. */
  readonly readyReplicas?: number | undefined;
  /** Pods of all versions. */
  readonly replicas?: number | undefined;
  /** The restartAt that was carried out last. */
  readonly restartedAt?: string | undefined;
  /** Selector of the pods that autoscaling counts. */
  readonly selector?: string | undefined;
  /** Hash of the version that was promoted last. */
  readonly stableRS?: string | undefined;
  /** Pods of the version that is wanted. */
  readonly updatedReplicas?: number | undefined;
  /** Generation of the referenced workload that this status tells of, as a decimal text. */
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

/** State of the blue-green strategy. */
export interface BlueGreenStatus {
  /** Hash of the version that the active Service selects. */
  readonly activeSelector?: string | undefined;
  /** The analysis after the switch. */
  readonly postPromotionAnalysisRunStatus?: RolloutAnalysisRunStatus | undefined;
  /** The analysis before the switch. */
  readonly prePromotionAnalysisRunStatus?: RolloutAnalysisRunStatus | undefined;
  /** Hash of the version that the preview Service selects. */
  readonly previewSelector?: string | undefined;
  /** The new version has been scaled to its full size. */
  readonly scaleUpPreviewCheckPoint?: boolean | undefined;
}

export interface RolloutAnalysisRunStatus {
  readonly message?: string | undefined;
  readonly name: string;
  readonly status: string;
}

/** State of the canary strategy. */
export interface CanaryStatus {
  /** The analysis in the background. */
  readonly currentBackgroundAnalysisRunStatus?: RolloutAnalysisRunStatus | undefined;
  /** The experiment of the current step. */
  readonly currentExperiment?: string | undefined;
  /** The analysis of the current step. */
  readonly currentStepAnalysisRunStatus?: RolloutAnalysisRunStatus | undefined;
  /** Which of the two Services is the stable one: ping or pong. */
  readonly stablePingPong?: string | undefined;
  /** What plugins have done in their steps. */
  readonly stepPluginStatuses?: readonly StepPluginStatus[] | undefined;
  /** How the traffic is split. */
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

/** How the traffic is split. */
export interface TrafficWeights {
  /** Shares of experiments. */
  readonly additional?: readonly WeightDestination[] | undefined;
  /** Share of the new version. */
  readonly canary: WeightDestination;
  /** Share of the stable version. */
  readonly stable: WeightDestination;
  /** Whether the router confirmed the split; absent where it cannot. */
  readonly verified?: boolean | undefined;
}

export interface WeightDestination {
  readonly podTemplateHash?: string | undefined;
  readonly serviceName?: string | undefined;
  readonly weight: number;
}

export interface RolloutCondition {
  /** When the status changed last. */
  readonly lastTransitionTime: string;
  /** When the condition was written last. */
  readonly lastUpdateTime: string;
  /** Why, for people. */
  readonly message: string;
  /** Why, in one word. */
  readonly reason: string;
  /** True, False or Unknown. */
  readonly status: string;
  /** What is observed. */
  readonly type: string;
}

/** Timing of the latest update. */
export interface RolloutDuration {
  /** How it ended. */
  readonly completionStatus?: string | undefined;
  /** When it ended. */
  readonly finishedAt?: string | undefined;
  /** Since when it waits for a person. */
  readonly manualPauseStartedAt?: string | undefined;
  /** When it started. */
  readonly rolloutStartedAt?: string | undefined;
  /** Seconds that it has waited for people. */
  readonly totalManualPauseDurationSeconds?: number | undefined;
}

export interface PauseCondition {
  /** CanaryPauseStep, BlueGreenPause, InconclusiveAnalysisRun or InconclusiveExperiment. */
  readonly reason: string;
  /** Since when. */
  readonly startTime: string;
}

/** One run of an analysis: its metrics, their arguments, and what was measured. */
export interface AnalysisRun extends KubernetesObject {
  readonly spec: AnalysisRunSpec;
  readonly status?: AnalysisRunStatus;
}

/** What is to be measured. Fixed once the run has started. */
export interface AnalysisRunSpec {
  /** Arguments, for use as {{args.name}}. */
  readonly args?: readonly Argument[];
  /** Metrics whose result is only told, and changes nothing. */
  readonly dryRun?: readonly DryRun[];
  /** Measurements that are kept, by metric. */
  readonly measurementRetention?: readonly MeasurementRetention[];
  /** What is measured. */
  readonly metrics: readonly Metric[];
  /** Ends the run; what was measured until then decides the phase. */
  readonly terminate?: boolean;
  /** When a finished run is deleted. */
  readonly ttlStrategy?: TtlStrategy;
}

export interface Argument {
  /** Name of the argument. */
  readonly name: string;
  /** Its value. */
  readonly value?: string;
  /** Where its value comes from. */
  readonly valueFrom?: ArgumentSource;
}

/** Where its value comes from. */
export interface ArgumentSource {
  /** A field of the Rollout. */
  readonly fieldRef?: FieldRef;
  /** A key of a Secret. */
  readonly secretKeyRef?: SecretKeyRef;
}

/** A key of a Secret. */
export interface SecretKeyRef {
  readonly key: string;
  readonly name: string;
}

export interface Metric {
  /** Errors in a row that are tolerated; 4 when absent. */
  readonly consecutiveErrorLimit?: IntOrString;
  /** Successes in a row that end the metric successfully. */
  readonly consecutiveSuccessLimit?: IntOrString;
  /** Measurements that are taken; one without an interval, else no limit. */
  readonly count?: IntOrString;
  /** Expression over the result that makes a measurement failed. */
  readonly failureCondition?: string;
  /** Failed measurements that are tolerated; 0 when absent, -1 for all. */
  readonly failureLimit?: IntOrString;
  /** Inconclusive measurements that are tolerated; 0 when absent. */
  readonly inconclusiveLimit?: IntOrString;
  /** Time before the first measurement. */
  readonly initialDelay?: string;
  /** Time between two measurements. */
  readonly interval?: string;
  /** Unique within the analysis. */
  readonly name: string;
  /** Where the measurement comes from: exactly one. */
  readonly provider: MetricProvider;
  /** Expression over the result that makes a measurement successful. */
  readonly successCondition?: string;
}

/** Where the measurement comes from: exactly one. */
export interface MetricProvider {
  /** AWS CloudWatch. */
  readonly cloudWatch?: CloudWatchMetric;
  /** Datadog. */
  readonly datadog?: DatadogMetric;
  /** Graphite. */
  readonly graphite?: GraphiteMetric;
  /** InfluxDB. */
  readonly influxdb?: InfluxdbMetric;
  /** A Kubernetes Job: its end is the measurement. */
  readonly job?: JobMetric;
  /** Kayenta, the canary judge of Spinnaker. */
  readonly kayenta?: KayentaMetric;
  /** New Relic. */
  readonly newRelic?: NewRelicMetric;
  /** A plugin by its name; its value is handed over as it is. */
  readonly plugin?: Readonly<Record<string, unknown>>;
  /** Prometheus. */
  readonly prometheus?: PrometheusMetric;
  /** Apache SkyWalking. */
  readonly skywalking?: SkyWalkingMetric;
  /** Wavefront. */
  readonly wavefront?: WavefrontMetric;
  /** Any HTTP API that answers with JSON. */
  readonly web?: WebMetric;
}

/** AWS CloudWatch. */
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

/** Datadog. */
export interface DatadogMetric {
  /** How a series becomes one value (v2). */
  readonly aggregator?: 'avg' | 'min' | 'max' | 'sum' | 'last' | 'percentile' | 'mean' | 'l2norm' | 'area';
  /** Version of the API of Datadog. */
  readonly apiVersion?: 'v1' | 'v2';
  /** Formula over the queries (v2). */
  readonly formula?: string;
  /** Time that the query looks back. */
  readonly interval?: string;
  /** Queries by name, for use in the formula (v2). */
  readonly queries?: StringMap;
  /** The query. */
  readonly query?: string;
  readonly requestTimeout?: string;
  readonly secretRef?: DatadogMetricSecretRef;
}

export interface DatadogMetricSecretRef {
  readonly name?: string;
  readonly namespaced?: boolean;
}

/** Graphite. */
export interface GraphiteMetric {
  /** Address of the server. */
  readonly address?: string;
  /** The query. */
  readonly query?: string;
}

/** InfluxDB. */
export interface InfluxdbMetric {
  /** Name of the Secret with the credentials. */
  readonly profile?: string;
  /** The query. */
  readonly query?: string;
}

/** A Kubernetes Job: its end is the measurement. */
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

/** Kayenta, the canary judge of Spinnaker. */
export interface KayentaMetric {
  /** Address of the server. */
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

/** New Relic. */
export interface NewRelicMetric {
  /** Name of the Secret with the credentials. */
  readonly profile?: string;
  /** The query. */
  readonly query: string;
  readonly timeout?: number;
}

/** Prometheus. */
export interface PrometheusMetric {
  /** Address of the server. */
  readonly address?: string;
  /** How the request is authenticated. */
  readonly authentication?: Authentication;
  /** Headers of the request. */
  readonly headers?: readonly WebMetricHeader[];
  /** Does not verify the certificate of the server. */
  readonly insecure?: boolean;
  /** The query. */
  readonly query?: string;
  /** Asks for a range instead of an instant. */
  readonly rangeQuery?: PrometheusRangeQuery;
  /** Seconds that the query may take. */
  readonly timeout?: number;
}

/** How the request is authenticated. */
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

/** Asks for a range instead of an instant. */
export interface PrometheusRangeQuery {
  readonly end?: string;
  readonly start?: string;
  readonly step?: string;
}

/** Apache SkyWalking. */
export interface SkyWalkingMetric {
  /** Address of the server. */
  readonly address?: string;
  readonly interval?: string;
  /** The query. */
  readonly query?: string;
}

/** Wavefront. */
export interface WavefrontMetric {
  /** Address of the server. */
  readonly address?: string;
  /** The query. */
  readonly query?: string;
}

/** Any HTTP API that answers with JSON. */
export interface WebMetric {
  /** How the request is authenticated. */
  readonly authentication?: Authentication;
  /** Body of the request, sent as it is. */
  readonly body?: string;
  /** Headers of the request. */
  readonly headers?: readonly WebMetricHeader[];
  /** Does not verify the certificate of the server. */
  readonly insecure?: boolean;
  /** Body of the request, sent as JSON. */
  readonly jsonBody?: Readonly<Record<string, unknown>>;
  /** Path to the result in the answer. */
  readonly jsonPath?: string;
  /** GET, POST or PUT; GET when absent. */
  readonly method?: string;
  /** Seconds that the request may take; 10 when absent. */
  readonly timeoutSeconds?: number;
  /** Address of the request. */
  readonly url: string;
}

/** When a finished run is deleted. */
export interface TtlStrategy {
  /** Seconds after it finished. */
  readonly secondsAfterCompletion?: number;
  /** Seconds after it failed. */
  readonly secondsAfterFailure?: number;
  /** Seconds after it succeeded. */
  readonly secondsAfterSuccess?: number;
}

/** What was measured so far. */
export interface AnalysisRunStatus {
  /** When it ended. */
  readonly completedAt?: string | undefined;
  /** Dry-run metrics by phase. */
  readonly dryRunSummary?: RunSummary | undefined;
  /** Why the phase is what it is. */
  readonly message?: string | undefined;
  /** What was measured, by metric. */
  readonly metricResults?: readonly MetricResult[] | undefined;
  /** Pending, Running, Successful, Failed, Error or Inconclusive. */
  readonly phase: string;
  /** Metrics by phase. */
  readonly runSummary?: RunSummary | undefined;
  /** When the first measurement was started. */
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
  /** Metrics whose result is only told, and changes nothing. */
  readonly dryRun?: boolean | undefined;
  readonly error?: number | undefined;
  readonly failed?: number | undefined;
  readonly inconclusive?: number | undefined;
  /** The latest measurements. */
  readonly measurements?: readonly Measurement[] | undefined;
  readonly message?: string | undefined;
  readonly metadata?: StringMap | undefined;
  readonly name: string;
  /** Pending, Running, Successful, Failed, Error or Inconclusive. */
  readonly phase: string;
  readonly successful?: number | undefined;
}

export interface Measurement {
  readonly finishedAt?: string | undefined;
  readonly message?: string | undefined;
  readonly metadata?: StringMap | undefined;
  /** Pending, Running, Successful, Failed, Error or Inconclusive. */
  readonly phase: string;
  /** When an unfinished measurement is looked at again. */
  readonly resumeAt?: string | undefined;
  readonly startedAt?: string | undefined;
  /** The result, as a text. */
  readonly value?: string | undefined;
}

/** How an analysis measures and judges, for the rollouts of one namespace. */
export interface AnalysisTemplate extends KubernetesObject {
  readonly spec: AnalysisTemplateSpec;
}

/** What a run that is made from this template measures. */
export interface AnalysisTemplateSpec {
  /** Arguments, for use as {{args.name}}. */
  readonly args?: readonly Argument[];
  /** Metrics whose result is only told, and changes nothing. */
  readonly dryRun?: readonly DryRun[];
  /** Measurements that are kept, by metric. */
  readonly measurementRetention?: readonly MeasurementRetention[];
  /** What is measured. */
  readonly metrics?: readonly Metric[];
  /** Further templates whose metrics are taken in. */
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

/** What is to be run. */
export interface ExperimentSpec {
  /** Analyses that run while the experiment runs. */
  readonly analyses?: readonly ExperimentAnalysisTemplateRef[];
  /** Labels and annotations of the analysis runs. */
  readonly analysisRunMetadata?: PodTemplateMetadata;
  /** Metrics whose result is only told, and changes nothing. */
  readonly dryRun?: readonly DryRun[];
  /** How long the experiment runs once all its ReplicaSets are available; without it, until its required analyses end. */
  readonly duration?: string;
  /** Measurements that are kept, by metric. */
  readonly measurementRetention?: readonly MeasurementRetention[];
  /** Seconds within which all ReplicaSets must be available; 600 when absent. */
  readonly progressDeadlineSeconds?: number;
  /** Seconds that the ReplicaSets stay after the experiment; 30 when absent. */
  readonly scaleDownDelaySeconds?: number;
  /** The ReplicaSets that run side by side. */
  readonly templates: readonly TemplateSpec[];
  /** Ends the experiment. */
  readonly terminate?: boolean;
}

export interface ExperimentAnalysisTemplateRef {
  /** Arguments that are handed to the templates. */
  readonly args?: readonly Argument[];
  /** The template is a ClusterAnalysisTemplate. */
  readonly clusterScope?: boolean;
  readonly name: string;
  /** The experiment waits for this analysis to end. */
  readonly requiredForCompletion?: boolean;
  /** Name of the template. */
  readonly templateName: string;
}

/** One ReplicaSet of the experiment. */
export interface TemplateSpec {
  /** Seconds that a pod must be ready before it counts as available. */
  readonly minReadySeconds?: number;
  /** Unique within the experiment; part of the name of the ReplicaSet. */
  readonly name: string;
  /** Pods of this template; 1 when absent. */
  readonly replicas?: number;
  /** Selects the pods of this template. Must match its labels. */
  readonly selector: LabelSelector;
  /** Makes a Service for this template. */
  readonly service?: TemplateService;
  /** The pods. */
  readonly template: PodTemplateSpec;
}

/** How the experiment stands. */
export interface ExperimentStatus {
  /** The runs of the analyses. */
  readonly analysisRuns?: readonly ExperimentAnalysisRunStatus[] | undefined;
  /** When all ReplicaSets were available: the duration counts from here. */
  readonly availableAt?: string | undefined;
  /** The latest observations, at most one of each type. */
  readonly conditions?: readonly ExperimentCondition[] | undefined;
  /** Why the phase is what it is. */
  readonly message?: string | undefined;
  /** Pending, Running, Successful, Failed, Error or Inconclusive. */
  readonly phase?: string | undefined;
  /** The ReplicaSets, in the order of spec.templates. */
  readonly templateStatuses?: readonly TemplateStatus[] | undefined;
}

export interface ExperimentAnalysisRunStatus {
  readonly analysisRun: string;
  readonly message?: string | undefined;
  readonly name: string;
  readonly phase: string;
}

export interface ExperimentCondition {
  /** When the status changed last. */
  readonly lastTransitionTime: string;
  /** When the condition was written last. */
  readonly lastUpdateTime: string;
  /** Why, for people. */
  readonly message: string;
  /** Why, in one word. */
  readonly reason: string;
  /** True, False or Unknown. */
  readonly status: string;
  /** What is observed. */
  readonly type: string;
}

export interface TemplateStatus {
  readonly availableReplicas: number;
  /** Collisions of that hash so far. */
  readonly collisionCount?: number | undefined;
  readonly lastTransitionTime?: string | undefined;
  readonly message?: string | undefined;
  readonly name: string;
  /** Hash of its pod template. */
  readonly podTemplateHash?: string | undefined;
  readonly readyReplicas: number;
  readonly replicas: number;
  /** Service that was made for this template. */
  readonly serviceName?: string | undefined;
  /** Progressing, Running, Successful, Failed or Error. */
  readonly status?: string | undefined;
  readonly updatedReplicas: number;
}
