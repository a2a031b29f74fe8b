// What weight verification asks AWS, and what it needs to know (traffic.md §2.9). Plain data between `client.ts`, which
// asks, and `verify.ts`, which judges.

export interface LoadBalancerQuestion {
  readonly ingress: string;
  /** Lower case; at least one. */
  readonly hostnames: readonly string[];
  /** Values of the resource tag that matter: `<namespace>/<ingress>-<service>:<port>`. */
  readonly resourceIds: readonly string[];
}

export interface LoadBalancerFacts {
  readonly ingress: string;
  /** Absent: none of the hostnames is that of a load balancer of this account and region. */
  readonly loadBalancer?: { readonly name: string; readonly arn: string };
  /** Those of the question's resource ids. */
  readonly targetGroups: readonly TargetGroupFacts[];
  /** Forward actions of the rules, in order, each with all its target groups. */
  readonly forwards: readonly (readonly { readonly arn: string; readonly weight: number }[])[];
}

export interface TargetGroupFacts {
  readonly name: string;
  readonly arn: string;
  readonly resourceId: string;
}
