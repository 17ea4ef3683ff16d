// Streams the part of a response body that had not arrived with its head. One read, one write: a
// client that does not read stops the reading from the backend, so nothing piles up here.

import { Counter } from "../../../observe/metrics/counters.ts";
import { Problem } from "../../../protocol/h1/problem.ts";
import { Interruption } from "../exchange.ts";
import type { H1Exchange } from "./exchange.ts";
import type { HttpSession } from "./session.ts";
import { Outcome } from "../account.ts";
import type { Upstream } from "../../upstream/upstream.ts";

/** How a relayed body ended. */
export const RelayEnd = {
  /** Complete, and the backend connection carries nothing else. */
  CLEAN: 0,
  /** Complete, but the backend sent more than its response: its connection cannot be used again. */
  EXCESS: 1,
  /** Cut short or malformed: the client must notice. */
  BROKEN: 2,
} as const;
export type RelayEnd = 0 | 1 | 2;

/** Relays until the body ends. Rejects when either stream does. */
export async function relayResponseBody(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
): Promise<RelayEnd> {
  const body = exchange.responseBody;
  for (;;) {
    session.armExchange();
    let count: number;
    try {
      count = upstream.accept(await upstream.read(0));
    } catch (error) {
      // What we closed ourselves did not break.
      if (exchange.record.interruption === Interruption.NONE && !session.closed) {
        exchange.record.account.outcome = Outcome.BACKEND_BROKEN;
      }
      throw error;
    }
    if (count === 0) return body.finish() ? RelayEnd.CLEAN : RelayEnd.BROKEN;
    session.armExchange();
    exchange.record.account.backendIn += count;
    session.worker.counters.add(Counter.BACKEND_BYTES_IN, count);
    const bytes = upstream.bytes;
    const next = exchange.dechunks
      ? await relayPayload(exchange, session, bytes, count)
      : body.advance(bytes, 0, count);
    const kept = body.keptEnd;
    if (!exchange.dechunks && kept > 0) {
      await session.write(kept === bytes.length ? bytes : bytes.subarray(0, kept));
    }
    if (body.problem !== Problem.NONE) return RelayEnd.BROKEN;
    if (body.done) return next === count ? RelayEnd.CLEAN : RelayEnd.EXCESS;
    if (count < bytes.length) continue;
    upstream.growForBody();
    const turn = session.worker.bulkTurns.take();
    if (turn !== null) await turn;
  }
}

/** Writes only the payload of a chunked body, for clients that know no chunks. */
export async function relayPayload(
  exchange: H1Exchange,
  session: HttpSession,
  bytes: Uint8Array,
  end: number,
  start = 0,
): Promise<number> {
  const body = exchange.responseBody;
  let at = start;
  while (at < end && !body.done && body.problem === Problem.NONE) {
    at = body.next(bytes, at, end);
    if (body.dataEnd > body.dataStart) {
      await session.write(bytes.subarray(body.dataStart, body.dataEnd));
    }
  }
  return at;
}
