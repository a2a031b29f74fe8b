// The names of everything that chaos creates.

export const namespace = 'chaos';
/** The Rollout, the workload that it may refer to, and the label of their pods. */
export const app = 'web';
/** The AnalysisTemplate, and one of the cluster. */
export const templateName = 'check';
export const clusterTemplateName = 'check-everywhere';
export const pluginName = 'chaos/smoke';
export const managedRoute = 'testers';
/** Ingresses by the router that obeys them. */
export const albIngress = 'web';
export const nginxIngress = 'nginx';
/** Of pods and Services: those that Experiments make have their pods' port. */
export const port = 8080;
