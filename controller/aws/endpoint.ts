// Where a service of AWS is: what the environment says (AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL), else the public
// address in the region's partition.

import type { AwsTools } from './tools.ts';

/** By the beginning of the region's name. */
const domains: readonly (readonly [prefix: string, domain: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['us-iso-', 'c2s.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
];

/** `service` is the host's first label (`sts`, `monitoring`); `variable` the suffix of its variable (`CLOUDWATCH`). */
export function awsEndpoint(
  service: string,
  variable: string,
  region: string,
  environment: AwsTools['environment'],
): string {
  const told = environment[`AWS_ENDPOINT_URL_${variable}`] || environment.AWS_ENDPOINT_URL;
  if (told && environment.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS !== 'true') return told;
  const domain = domains.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'amazonaws.com';
  const name = environment.AWS_USE_FIPS_ENDPOINT === 'true' ? `${service}-fips` : service;
  return `https://${name}.${region}.${domain}/`;
}
