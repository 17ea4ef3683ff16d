// The URL a redirect points to. Owns how its parts are joined; which parts are used (rewritten or as
// requested, forced or same scheme) is decided by the route. Knows nothing of templates.

/** Parts of the target of a redirect. */
export interface RedirectTarget {
  readonly scheme: "http" | "https";
  /** Rewritten host or authority of the request; a port at its end is not used. */
  readonly authority: string;
  /** Port to name, or null; the default port of the scheme is left out. */
  readonly port: number | null;
  /** Path with its query. */
  readonly path: string;
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/** `scheme://host[:port]path` */
export function redirectLocation({ scheme, authority, port, path }: RedirectTarget): string {
  const host = authority.replace(/:[0-9]*$/, "");
  const suffix = port === null || port === DEFAULT_PORTS[scheme] ? "" : `:${port}`;
  // A target such as `*` or `?a=b` would otherwise grow into the host.
  const separator = path.startsWith("/") ? "" : "/";
  return `${scheme}://${host}${suffix}${separator}${path}`;
}
