// Ingresses, IngressClasses, Endpoints and EndpointSlices: what must hold of hosts, paths, backends and addresses.

import { invalid, required } from '../field-errors.ts';
import { isObject, text } from '../json.ts';
import type { KindDetails } from './details.ts';
import { numberAt, objectAt, objectsAt, setDefault, setIfZero, textAt, textsAt } from './fields.ts';
import { label1035Name, portName, subdomainName, wildcardName } from './name-rules.ts';
import { validatePortNumber } from './port-rules.ts';
import { oneOf } from './selector-rules.ts';
import type { ApiObject, Cause, JsonObject } from './types.ts';

export const ingress: KindDetails = {
  strategy: (base) => ({
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateIngress(object)],
    validateUpdate: (object, old, context) => [
      ...base.validateUpdate(object, old, context),
      ...validateIngress(object),
    ],
  }),
};

export const ingressClass: KindDetails = { strategy: () => ({ hasGeneration: true }) };

export const networkPolicy: KindDetails = { strategy: () => ({ hasGeneration: true }) };

export const endpoints: KindDetails = {
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  strategy: () => ({
    allowCreateOnUpdate: true,
    applyDefaults(object) {
      for (const subset of objectsAt(object, 'subsets')) {
        for (const port of objectsAt(subset, 'ports')) setIfZero(port, 'protocol', 'TCP');
      }
    },
  }),
};

export const endpointSlice: KindDetails = {
  strategy: (base) => ({
    hasGeneration: true,
    applyDefaults(object) {
      for (const port of objectsAt(object, 'ports')) {
        setDefault(port, 'name', '');
        setDefault(port, 'protocol', 'TCP');
      }
    },
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateSlice(object)],
    validateUpdate(object, old, context) {
      const causes = [...base.validateUpdate(object, old, context), ...validateSlice(object)];
      if (object.addressType !== old.addressType)
        causes.push(invalid('addressType', object.addressType, 'field is immutable'));
      return causes;
    },
  }),
};

function validateSlice(object: ApiObject): Cause[] {
  const causes: Cause[] = [];
  const addressType = text(object.addressType);
  if (addressType === '') causes.push(required('addressType'));
  else causes.push(...oneOf(addressType, ['FQDN', 'IPv4', 'IPv6'], 'addressType'));
  objectsAt(object, 'endpoints').forEach((endpoint, index) => {
    if (textsAt(endpoint, 'addresses').length === 0) {
      causes.push(required(`endpoints[${index}].addresses`, 'must contain at least 1 address'));
    }
  });
  return causes;
}

function validateIngress(object: ApiObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const rules = objectsAt(spec, 'rules');
  const backend = objectAt(spec, 'defaultBackend');
  const causes: Cause[] = [];
  if (rules.length === 0 && backend === undefined) {
    causes.push(invalid('spec', spec.rules ?? [], 'either `defaultBackend` or `rules` must be specified'));
  }
  if (backend !== undefined) causes.push(...validateBackend(backend, 'spec.defaultBackend'));
  rules.forEach((rule, index) => {
    causes.push(...validateRule(rule, `spec.rules[${index}]`));
  });
  objectsAt(spec, 'tls').forEach((tls, index) => {
    textsAt(tls, 'hosts').forEach((host, at) => {
      causes.push(...hostProblems(host).map((problem) => invalid(`spec.tls[${index}].hosts[${at}]`, host, problem)));
    });
  });
  const className = textAt(spec, 'ingressClassName');
  if (className !== '') {
    causes.push(...subdomainName(className).map((problem) => invalid('spec.ingressClassName', className, problem)));
  }
  return causes;
}

function hostProblems(host: string): readonly string[] {
  return host.includes('*') ? wildcardName(host) : subdomainName(host);
}

function validateRule(rule: JsonObject, field: string): Cause[] {
  const causes: Cause[] = [];
  const host = text(rule.host);
  if (host !== '') {
    causes.push(...hostProblems(host).map((problem) => invalid(`${field}.host`, host, problem)));
    if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
      causes.push(invalid(`${field}.host`, host, 'must be a DNS name, not an IP address'));
    }
  }
  const http = objectAt(rule, 'http');
  if (http === undefined) return causes;
  const paths = objectsAt(http, 'paths');
  if (paths.length === 0) causes.push(required(`${field}.http.paths`));
  paths.forEach((path, index) => {
    causes.push(...validatePath(path, `${field}.http.paths[${index}]`));
  });
  return causes;
}

function validatePath(path: JsonObject, field: string): Cause[] {
  if (path.pathType === undefined) return [required(`${field}.pathType`, 'pathType must be specified')];
  const value = text(path.path);
  const causes: Cause[] = [];
  const isAbsolute = value.startsWith('/');
  switch (path.pathType) {
    case 'Exact':
    case 'Prefix':
      if (!isAbsolute) causes.push(invalid(`${field}.path`, value, 'must be an absolute path'));
      for (const part of ['//', '/./', '/../', '%2f', '%2F'].filter((one) => value.includes(one))) {
        causes.push(invalid(`${field}.path`, value, `must not contain '${part}'`));
      }
      break;
    case 'ImplementationSpecific':
      if (value !== '' && !isAbsolute) causes.push(invalid(`${field}.path`, value, 'must be an absolute path'));
      break;
    default:
      causes.push(...oneOf(path.pathType, ['Exact', 'ImplementationSpecific', 'Prefix'], `${field}.pathType`));
  }
  return [...causes, ...validateBackend(objectAt(path, 'backend') ?? {}, `${field}.backend`)];
}

function validateBackend(backend: JsonObject, field: string): Cause[] {
  const service = objectAt(backend, 'service');
  const hasResource = isObject(backend.resource);
  if (service !== undefined && hasResource) {
    return [invalid(field, '', 'cannot set both resource and service backends')];
  }
  if (hasResource) return [];
  if (service === undefined) return [invalid(field, '', 'resource or service backend is required')];
  const causes: Cause[] = [];
  const name = text(service.name);
  if (name === '') causes.push(required(`${field}.service.name`));
  else causes.push(...label1035Name(name).map((problem) => invalid(`${field}.service.name`, name, problem)));
  const [port, number] = [textAt(service, 'port', 'name'), numberAt(service, 'port', 'number') ?? 0];
  if (port !== '' && number !== 0) causes.push(invalid(field, '', 'cannot set both port name & port number'));
  else if (port !== '') {
    causes.push(...portName(port).map((problem) => invalid(`${field}.service.port.name`, port, problem)));
  } else if (number !== 0) causes.push(...validatePortNumber(number, `${field}.service.port.number`));
  else causes.push(required(field, 'port name or number is required'));
  return causes;
}
