// The one thing that is taken from the client library when a program runs (spec/kubernetes.md §1), in a module of its
// own: imported lazily by name, a bundle leaves the rest of the library out.

export { KubeConfig } from '@kubernetes/client-node';
