// A real HTTP/2 backend without TLS, that of Node: what a backend of another make does is found out with it.

import http2 from "node:http2";
import type { AddressInfo } from "node:net";

export type { ServerHttp2Stream } from "node:http2";

/** A request as the backend got it. */
export interface H2Request {
  readonly method: string;
  readonly path: string;
  readonly headers: http2.IncomingHttpHeaders;
  readonly stream: http2.ServerHttp2Stream;
  /** Which connection it came on, from 0. */
  readonly session: number;
  /** All of its body. */
  body(): Promise<Uint8Array>;
  /** Its trailers, once the body has ended. */
  readonly trailers: http2.IncomingHttpHeaders;
}

/** A running backend. */
export interface H2Origin {
  readonly port: number;
  /** `127.0.0.1:<port>`, as configuration files write it. */
  readonly address: string;
  /** Every request, in the order of arrival. */
  readonly requests: H2Request[];
  /** Connections accepted so far, and those that are open. */
  readonly accepted: number;
  readonly sessions: ReadonlySet<http2.ServerHttp2Session>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a backend on a free loopback port, or on `port`, that answers with `answer`. */
export async function startH2Origin(
  answer: (request: H2Request) => void | Promise<void>,
  settings: http2.Settings = {},
  port = 0,
): Promise<H2Origin> {
  const server = http2.createServer({ settings });
  const sessions = new Set<http2.ServerHttp2Session>();
  const numbers = new Map<unknown, number>();
  const requests: H2Request[] = [];
  server.on("session", (session) => {
    numbers.set(session, numbers.size);
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => {});
  });
  server.on("stream", (stream, headers) => {
    const request = readRequest(stream, headers, numbers.get(stream.session) ?? -1);
    requests.push(request);
    stream.on("error", () => {});
    Promise.resolve(answer(request)).catch(() => {});
  });
  server.on("sessionError", () => {});
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const bound = (server.address() as AddressInfo).port;
  const stop = async () => {
    for (const session of sessions) session.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    port: bound,
    address: `127.0.0.1:${bound}`,
    requests,
    get accepted() {
      return numbers.size;
    },
    sessions,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Answers with a status, fields and a body. */
export function reply(
  { stream }: H2Request,
  status: number,
  body: string | Uint8Array = "",
  headers: Record<string, string> = {},
): void {
  stream.respond({ ":status": status, ...headers }, { endStream: body.length === 0 });
  if (body.length > 0) stream.end(body);
}

function readRequest(
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
  session: number,
): H2Request {
  const trailers: http2.IncomingHttpHeaders = {};
  stream.on("trailers", (fields) => Object.assign(trailers, fields));
  return {
    method: String(headers[":method"]),
    path: String(headers[":path"]),
    headers,
    stream,
    session,
    trailers,
    body: async () => {
      const pieces: Uint8Array[] = [];
      for await (const piece of stream) pieces.push(piece as Uint8Array);
      const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const piece of pieces) {
        whole.set(piece, at);
        at += piece.length;
      }
      return whole;
    },
  };
}
