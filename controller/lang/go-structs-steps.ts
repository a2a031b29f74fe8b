// The Go structs behind canary steps, in declaration order: the order in which Go writes their JSON, and hence the
// step hash (spec/rollout.md §2.4). A data table; frozen by test/fixtures/hash.

/** Struct → its fields: `name:type`, `?` after the name: left out when empty, `??`: left out when zero. */
export const stepStructs = {
  CanaryStep: `
    setWeight?:*int32 pause?:*RolloutPause experiment?:*RolloutExperimentStep analysis?:*RolloutAnalysis
    setCanaryScale?:*SetCanaryScale setHeaderRoute?:*SetHeaderRoute setMirrorRoute?:*SetMirrorRoute
    plugin?:*PluginStep`,
  RolloutPause: 'duration?:*IntOrString',
  RolloutExperimentStep: `
    templates:[]RolloutExperimentTemplate duration?:string analyses?:[]RolloutExperimentStepAnalysisTemplateRef
    dryRun?:[]DryRun analysisRunMetadata?:AnalysisRunMetadata scaleDownDelaySeconds?:*int32`,
  RolloutExperimentTemplate: `
    name:string specRef:string replicas?:*int32 metadata?:PodTemplateMetadata selector?:*LabelSelector
    weight?:*int32 service?:*TemplateService`,
  PodTemplateMetadata: 'labels?:map[string]string annotations?:map[string]string',
  TemplateService: 'name?:string',
  RolloutExperimentStepAnalysisTemplateRef: `
    name:string templateName:string clusterScope?:*bool args?:[]AnalysisRunArgument requiredForCompletion?:bool`,
  AnalysisRunArgument: 'name:string value?:string valueFrom?:*ArgumentValueFrom',
  ArgumentValueFrom: 'podTemplateHashValue?:*string fieldRef?:*FieldRef',
  FieldRef: 'fieldPath:string',
  DryRun: 'metricName:string',
  AnalysisRunMetadata: 'labels?:map[string]string annotations?:map[string]string',
  RolloutAnalysis: `
    templates?:[]AnalysisTemplateRef args?:[]AnalysisRunArgument dryRun?:[]DryRun
    measurementRetention?:[]MeasurementRetention analysisRunMetadata?:*AnalysisRunMetadata`,
  AnalysisTemplateRef: 'templateName:string clusterScope?:*bool',
  MeasurementRetention: 'metricName:string limit:int32',
  SetCanaryScale: 'weight?:*int32 replicas?:*int32 matchTrafficWeight?:bool',
  SetHeaderRoute: 'name?:string match?:[]HeaderRoutingMatch',
  HeaderRoutingMatch: 'headerName:string headerValue:*StringMatch',
  StringMatch: 'exact?:string prefix?:string regex?:string',
  SetMirrorRoute: 'name:string match?:[]RouteMatch percentage?:*int32',
  RouteMatch: 'method?:*StringMatch path?:*StringMatch headers?:map[string]StringMatch',
  PluginStep: 'name:string config?:bytes',
} satisfies Readonly<Record<string, string>>;
