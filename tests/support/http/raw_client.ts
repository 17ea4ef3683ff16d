// A client that sends exactly the bytes it is told and shows exactly the bytes that came back:
// malformed requests, odd framings and half-closed connections are all expressible.

import { latin1, Wire } from "../session/wire.ts";

/** One HTTP/1 response as it was on the wire, its body with the transfer coding removed. */
export interface RawResponse {
  readonly status: number;
  /** Start line and header lines with their line ends, including the empty line. */
  readonly head: string;
  /** Header lines in order, names in lower case. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  /** `body` as Latin-1 text. */
  readonly text: string;
  /** Trailer lines of a chunked body, names in lower case. */
  readonly trailers: readonly (readonly [string, string])[];
  /** First value of a header, or undefined. */
  header(name: string): string | undefined;
}

/** How a response is read. */
export interface ResponseOptions {
  /** Method of the request; after HEAD there is no body. */
  readonly method?: string;
  readonly deadlineMs?: number;
}

/** Opens a connection to a loopback port. */
export async function connectRaw(port: number, hostname = "127.0.0.1"): Promise<Wire> {
  return new Wire(await Deno.connect({ hostname, port }));
}

/** Sends `bytes` on a fresh connection and returns everything the peer said until it closed. */
export async function sayUntilClosed(
  port: number,
  bytes: string | Uint8Array,
  deadlineMs?: number,
): Promise<string> {
  using wire = await connectRaw(port);
  await wire.write(bytes);
  return latin1(await wire.readToEnd(deadlineMs));
}

/** Sends one request on a fresh connection and reads its final response. */
export async function request(
  port: number,
  bytes: string | Uint8Array,
  options: ResponseOptions = {},
): Promise<RawResponse> {
  using wire = await connectRaw(port);
  await wire.write(bytes);
  for (;;) {
    const response = await readResponse(wire, options);
    if (response.status >= 200 || response.status === 101) return response;
  }
}

/** Sends a GET for `path` with `host` and reads the response. */
export function get(port: number, host: string, path = "/"): Promise<RawResponse> {
  return request(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
}

/** Reads one response, interim ones included, and leaves what follows it in the wire. */
export async function readResponse(
  wire: Wire,
  { method = "GET", deadlineMs = 5_000 }: ResponseOptions = {},
): Promise<RawResponse> {
  const head = await wire.readThrough("\r\n\r\n", deadlineMs);
  const headers = parseHeaderLines(head.split("\r\n").slice(1));
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) throw new Error(`Not a response: ${JSON.stringify(head)}`);
  const header = (name: string) => headers.find(([key]) => key === name.toLowerCase())?.[1];
  const bodiless = method === "HEAD" || status < 200 || status === 204 || status === 304;
  const { body, trailers } = bodiless
    ? { body: new Uint8Array(0), trailers: [] }
    : await readBody(wire, header, deadlineMs);
  return { status, head, headers, body, text: latin1(body), trailers, header };
}

interface Body {
  body: Uint8Array;
  trailers: (readonly [string, string])[];
}

async function readBody(
  wire: Wire,
  header: (name: string) => string | undefined,
  deadlineMs: number,
): Promise<Body> {
  if (header("transfer-encoding")?.toLowerCase().endsWith("chunked")) {
    return await readChunked(wire, deadlineMs);
  }
  const length = header("content-length");
  const body = length === undefined
    ? await wire.readToEnd(deadlineMs)
    : await wire.readExactly(Number(length), deadlineMs);
  return { body, trailers: [] };
}

/** Reads a chunked body with its trailers from `wire`, up to and including the last line end. */
export async function readChunked(wire: Wire, deadlineMs: number): Promise<Body> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const size = parseInt(await wire.readThrough("\r\n", deadlineMs), 16);
    if (Number.isNaN(size)) throw new Error("Chunk size is not hexadecimal");
    if (size === 0) break;
    parts.push(await wire.readExactly(size, deadlineMs));
    await wire.readThrough("\r\n", deadlineMs);
  }
  const lines: string[] = [];
  for (;;) {
    const line = (await wire.readThrough("\r\n", deadlineMs)).slice(0, -2);
    if (line === "") break;
    lines.push(line);
  }
  return { body: concat(parts), trailers: parseHeaderLines(lines) };
}

/** Header lines as (lower-case name, value) pairs; empty lines are left out. */
export function parseHeaderLines(lines: readonly string[]): (readonly [string, string])[] {
  return lines.filter((line) => line !== "").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
}

/** One array holding all `parts` in order. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
