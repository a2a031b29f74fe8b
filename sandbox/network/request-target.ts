// What does the first line of a request ask for? Clients may send nearly anything there (RFC 9112 §3.2): `/path?query`,
// `//`, `http://host/path`, `*`. The proxy needs a host and a path, or has to refuse.

export interface RequestTarget {
  /** As a client names it, perhaps with a port; empty where nobody said. */
  readonly host: string;
  /** Without the query, dot segments resolved. */
  readonly path: string;
  /** What a pod is asked: path and query. */
  readonly pathAndQuery: string;
}

/** Undefined where no path is asked for. An absolute target goes before the Host header. */
export function readRequestTarget(target: string, host: string | undefined): RequestTarget | undefined {
  const isAbsolute = /^https?:\/\//i.test(target);
  if (!isAbsolute && !target.startsWith('/')) return undefined;
  // Before a path of its own nothing can be taken for a host: `//` is a path here.
  const url = URL.parse(isAbsolute ? target : `http://proxy${target}`);
  if (url === null) return undefined;
  return {
    host: isAbsolute ? url.host : (host ?? ''),
    path: url.pathname,
    pathAndQuery: isAbsolute ? `${url.pathname}${url.search}` : target,
  };
}
