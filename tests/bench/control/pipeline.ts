// Thousands of changes through one connection without waiting for an answer in between, while clients
// are served: how many a second, whether every answer comes in its place, and what the clients saw.

import { decode, DecodeError, encode } from "../../../config/codec/protobuf.ts";
import { Request, Response, ResponseStatus } from "../../../config/schema/messages.ts";
import { encodeFrame, FrameError, FrameReader } from "../../../src/protocol/control/frame.ts";
import { addBackend, removeBackend } from "../../support/config/commands.ts";

/** Every so many requests one is refused, which shows that answers come in the order of requests. */
const REFUSED_EVERY = 100;

/** In what order backends come and go. */
export type PipelineShape = "adds, then removals" | "each add before its removal";

/** One run. */
export interface PipelineResult {
  readonly shape: PipelineShape;
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Answers that were not those expected at their place. */
  readonly misplaced: number;
}

interface Expected {
  readonly request: Request;
  /** `null` when it is to be accepted, otherwise what its refusal names. */
  readonly refusedFor: string | null;
}

/** Sends `count` requests at once; resolves when the last one was answered. */
export async function runPipeline(
  socketPath: string,
  shape: PipelineShape,
  count: number,
): Promise<PipelineResult> {
  const expected = plan(shape, count);
  const bytes = joined(expected.map(({ request }) => encodeFrame(encode(Request, request))));
  const connection = await Deno.connect({ transport: "unix", path: socketPath });
  try {
    const started = performance.now();
    const writing = writeAll(connection, bytes);
    const misplaced = await readAnswers(connection, expected);
    await writing;
    const seconds = (performance.now() - started) / 1_000;
    const requests = expected.length;
    return { shape, requests, seconds, perSecond: requests / seconds, misplaced };
  } finally {
    connection.close();
  }
}

function plan(shape: PipelineShape, count: number): Expected[] {
  const add = (i: number) => accepted(addBackend("pipeline", `b-${i}`, addressOf(i)));
  const remove = (i: number) => accepted(removeBackend("pipeline", `b-${i}`, addressOf(i)));
  const half = count / 2;
  const sequence = shape === "adds, then removals"
    ? [...times(half, add), ...times(half, remove)]
    : times(half, (i) => [add(i), remove(i)]).flat();
  return sequence.flatMap((one, i) => i % REFUSED_EVERY === 0 ? [refused(i), one] : [one]);
}

function accepted(request: Request): Expected {
  return { request, refusedFor: null };
}

function refused(i: number): Expected {
  const id = `nobody-${i}`;
  return { request: removeBackend(id, id, "127.0.0.1:1"), refusedFor: id };
}

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

function addressOf(i: number): string {
  return `127.1.${i >> 8 & 255}.${i & 255}:${1024 + i % 60_000}`;
}

async function writeAll(connection: Deno.UnixConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

async function readAnswers(
  connection: Deno.UnixConn,
  expected: readonly Expected[],
): Promise<number> {
  const reader = new FrameReader(16 * 1024 * 1024);
  const buffer = new Uint8Array(256 * 1024);
  let answered = 0;
  let misplaced = 0;
  while (answered < expected.length) {
    const length = await connection.read(buffer);
    if (length === null) throw new Error(`The connection ended after ${answered} answers`);
    reader.receive(buffer.subarray(0, length));
    for (let frame = reader.next(); frame !== null; frame = reader.next()) {
      if (frame instanceof FrameError) throw new Error(frame.message);
      const response = decode(Response, frame);
      if (response instanceof DecodeError) throw new Error(response.message);
      if (response.status === ResponseStatus.PROCESSING) continue;
      const { refusedFor } = expected[answered++] as Expected;
      const isRight = refusedFor === null
        ? response.status === ResponseStatus.OK
        : response.status === ResponseStatus.FAILURE && response.message.includes(refusedFor);
      if (!isRight) misplaced++;
    }
  }
  return misplaced;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
