// A real HTTP/1.1 backend for tests and the demo: it records every request it reads and answers as
// scripted. Built on raw sockets, so that it can also answer early, break off, stall or upgrade.

import { concat, parseHeaderLines, readChunked } from "./raw_client.ts";
import { type ScriptedOrigin, scriptedOrigin } from "./scripted_origin.ts";
import { pause } from "../wait.ts";
import { fromLatin1, type Wire } from "../session/wire.ts";

export { type ScriptedOrigin, scriptedOrigin } from "./scripted_origin.ts";

/** A request as the backend read it. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  /** Request line and header lines with their line ends, including the empty line. */
  readonly head: string;
  /** Header lines in order, names in lower case. */
  readonly headers: readonly (readonly [string, string])[];
  /** The body without its transfer coding; empty when the answer was sent before it was read. */
  readonly body: Uint8Array;
  readonly trailers: readonly (readonly [string, string])[];
  /** Which accepted connection it came on, from 0. */
  readonly connection: number;
  /** First value of a header, or undefined. */
  header(name: string): string | undefined;
}

/** How the backend answers one request. */
export type Answer =
  /** 200 whose body is the request head as it was received. */
  | { readonly kind: "echo" }
  /** 200 whose body is the request's body. */
  | { readonly kind: "echo-body" }
  /** A response with Content-Length. */
  | {
    readonly kind: "fixed";
    readonly status?: number;
    readonly headers?: readonly (readonly [string, string])[];
    readonly body: string | Uint8Array;
    /** Milliseconds before the response starts. */
    readonly delayMs?: number;
    /** What the response waits for. */
    readonly after?: Promise<unknown>;
  }
  /** A chunked response, one write a chunk. */
  | {
    readonly kind: "chunked";
    readonly chunks: readonly string[];
    readonly trailers?: readonly (readonly [string, string])[];
    /** Milliseconds before each chunk. */
    readonly delayMs?: number;
  }
  /** Announces `announced` body bytes, sends `sent` of them, closes. */
  | { readonly kind: "break-off"; readonly announced: number; readonly sent: number }
  /** Answers when only the head has been read, then closes. */
  | { readonly kind: "early"; readonly status: number; readonly body: string }
  /** 101, then echoes every byte until the peer closes. */
  | { readonly kind: "upgrade"; readonly protocol: string }
  /** Exactly these bytes; the connection stays open unless `close`. */
  | { readonly kind: "raw"; readonly bytes: string | Uint8Array; readonly close?: boolean }
  /** Closes without a byte. */
  | { readonly kind: "close" }
  /** Never answers. */
  | { readonly kind: "silent" };

/** A running backend. */
export interface Origin extends ScriptedOrigin {
  /** Every request read so far, in order of arrival. */
  readonly requests: SeenRequest[];
}

/**
 * Starts a backend that gives every request the same answer, or the one `answer` chooses once the
 * head is there; the body of the request it is shown is still empty.
 */
export function startOrigin(
  answer: Answer | ((request: SeenRequest) => Answer),
  port = 0,
): Origin {
  const requests: SeenRequest[] = [];
  const choose = typeof answer === "function" ? answer : () => answer;
  const server = scriptedOrigin(async (wire, connection) => {
    while (await serveOne(wire, connection, choose, requests));
  }, port);
  return Object.assign(server, { requests });
}

/** Reads and answers one request; false when the connection is over. */
async function serveOne(
  wire: Wire,
  connection: number,
  choose: (request: SeenRequest) => Answer,
  requests: SeenRequest[],
): Promise<boolean> {
  const head = await wire.readThrough("\r\n\r\n", IDLE_MS);
  const early = seenRequest(head, { body: new Uint8Array(0), trailers: [] }, connection);
  const first = choose(early);
  if (first.kind === "early") {
    requests.push(early);
    await wire.write(
      fixedResponse(first.status, [["connection", "close"]], fromLatin1(first.body)),
    );
    return false;
  }
  const seen = seenRequest(head, await readRequestBody(wire, early), connection);
  requests.push(seen);
  await send(wire, seen, first);
  return KEEPS_OPEN.has(first.kind) && !(first.kind === "raw" && first.close === true);
}

/** A pooled connection may rest this long before the test run itself is over. */
const IDLE_MS = 600_000;

const KEEPS_OPEN: ReadonlySet<Answer["kind"]> = new Set([
  "echo",
  "echo-body",
  "fixed",
  "chunked",
  "raw",
]);

function seenRequest(
  head: string,
  body: Pick<SeenRequest, "body" | "trailers">,
  connection: number,
): SeenRequest {
  const [line = "", ...rest] = head.split("\r\n");
  const [method = "", target = ""] = line.split(" ");
  const headers = parseHeaderLines(rest);
  const header = (name: string) => headers.find(([key]) => key === name.toLowerCase())?.[1];
  return { method, target, head, headers, ...body, connection, header };
}

async function readRequestBody(
  wire: Wire,
  request: SeenRequest,
): Promise<Pick<SeenRequest, "body" | "trailers">> {
  if (request.header("expect")?.toLowerCase() === "100-continue") {
    await wire.write("HTTP/1.1 100 Continue\r\n\r\n");
  }
  if (request.header("transfer-encoding")?.toLowerCase().endsWith("chunked")) {
    return await readChunked(wire, IDLE_MS);
  }
  const length = Number(request.header("content-length") ?? 0);
  return { body: await wire.readExactly(length, IDLE_MS), trailers: [] };
}

async function send(wire: Wire, request: SeenRequest, answer: Answer): Promise<void> {
  switch (answer.kind) {
    case "echo":
      return await wire.write(fixedResponse(200, [], fromLatin1(request.head)));
    case "echo-body":
      return await wire.write(fixedResponse(200, [], request.body));
    case "fixed":
      if (answer.delayMs !== undefined) await pause(answer.delayMs);
      await answer.after;
      return await wire.write(fixedAnswer(request, answer));
    case "chunked":
      return await sendChunked(wire, answer);
    case "break-off": {
      const head = `HTTP/1.1 200 OK\r\ncontent-length: ${answer.announced}\r\n\r\n`;
      return await wire.write(head + "x".repeat(answer.sent));
    }
    case "upgrade":
      return await echoAfterUpgrade(wire, answer.protocol);
    case "raw":
      return await wire.write(answer.bytes);
    case "silent":
      await wire.readToEnd(IDLE_MS);
      return;
    case "early":
    case "close":
      return;
  }
}

function fixedAnswer(
  request: SeenRequest,
  answer: Extract<Answer, { kind: "fixed" }>,
): Uint8Array {
  const body = typeof answer.body === "string" ? fromLatin1(answer.body) : answer.body;
  const whole = fixedResponse(answer.status ?? 200, answer.headers ?? [], body);
  return request.method === "HEAD" ? whole.subarray(0, whole.length - body.length) : whole;
}

async function sendChunked(
  wire: Wire,
  answer: Extract<Answer, { kind: "chunked" }>,
): Promise<void> {
  await wire.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  for (const chunk of answer.chunks) {
    if (answer.delayMs !== undefined) await pause(answer.delayMs);
    await wire.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  }
  const trailers = (answer.trailers ?? []).map(([name, value]) => `${name}: ${value}\r\n`);
  await wire.write(`0\r\n${trailers.join("")}\r\n`);
}

async function echoAfterUpgrade(wire: Wire, protocol: string): Promise<void> {
  await wire.write(
    `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${protocol}\r\n\r\n`,
  );
  for (;;) {
    const bytes = await wire.readSome(IDLE_MS);
    if (bytes.length === 0) return;
    await wire.write(bytes);
  }
}

function fixedResponse(
  status: number,
  headers: readonly (readonly [string, string])[],
  body: Uint8Array,
): Uint8Array {
  const bodiless = status === 204 || status === 304;
  const framing = bodiless ? "" : `content-length: ${body.length}\r\n`;
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return concat([fromLatin1(`HTTP/1.1 ${status} OK\r\n${lines}${framing}\r\n`), body]);
}
