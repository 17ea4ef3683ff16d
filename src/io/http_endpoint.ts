// A small HTTP server for pages of ours, plain or over TLS. The traffic of clients never comes here.

/** Where to serve and what. */
export interface HttpEndpointOptions {
  readonly hostname: string;
  /** 0 takes any. */
  readonly port: number;
  /** Certificate chain and key, PEM; `null` serves without TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Answers a request; must not reject. */
  readonly answer: (request: Request) => Promise<Response>;
}

/** A server that is listening. */
export interface HttpEndpoint {
  readonly port: number;
  /** Stops listening at once; what is being answered may finish within a second. */
  close(): Promise<void>;
}

/** Longest a request may still take when the server closes. */
const CLOSING_MS = 1_000;

/** Starts a server; throws when the address cannot be had or the certificate cannot be used. */
export function serveHttp({ hostname, port, tls, answer }: HttpEndpointOptions): HttpEndpoint {
  const cut = new AbortController();
  const server = Deno.serve({
    hostname,
    port,
    ...tls,
    signal: cut.signal,
    onListen: () => {},
    onError: () => new Response(null, { status: 500 }),
  }, answer);
  return {
    port: server.addr.port,
    async close(): Promise<void> {
      const timer = setTimeout(() => cut.abort(), CLOSING_MS);
      await Promise.race([server.shutdown(), server.finished]);
      clearTimeout(timer);
    },
  };
}
