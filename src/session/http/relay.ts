// One exchange between a client's end and a backend's end, whatever versions of HTTP they speak: the request
// goes out, its body follows beside the response, interim heads are passed on, then the final one and its
// body. One piece of a body is under way at a time, so a receiver that does not take it stops its sender.

import type { AnswerStatus } from "../../answers/answer_set.ts";
import { BodyFraming, type MessageHead } from "../../protocol/http/message_head.ts";
import { Outcome } from "./account.ts";
import { BodyEnd, type BodySink, type BodySource } from "./body.ts";
import type { Downstream } from "./downstream.ts";
import { type Exchange, Interruption } from "./exchange.ts";
import { beginServing } from "./phases/serve.ts";
import { HeadEnd, type UpstreamSide } from "./upstream.ts";

/** How a relay has ended; a status of 400 or more is to be answered by ourselves. */
export const Relayed = {
  /** The client has all of the response. The request body may still be on its way. */
  COMPLETE: 1,
  /** The backend agreed to another protocol: a tunnel follows. Nothing of it has been told to the client. */
  SWITCHES: 2,
  /** The response broke off after it had begun: the client must notice. */
  BROKEN: 3,
  /** The backend connection was lost before any byte of a response. */
  LOST: 4,
  /** It was lost within the head of the response. */
  CUT: 5,
  /** The response is none that can be passed on. */
  MALFORMED: 6,
} as const;
export type Relayed = 1 | 2 | 3 | 4 | 5 | 6 | AnswerStatus;

/** Relays one exchange. Rejects when the client's end does. */
export async function relay(
  exchange: Exchange,
  down: Downstream,
  up: UpstreamSide,
): Promise<Relayed> {
  const refusal = up.prepare(exchange);
  if (refusal !== 0) return refusal;
  const ends = hasNoContent(exchange.request, down.body);
  // What a client sends behind an extended CONNECT waits until the backend has agreed.
  const uploads = !ends && !exchange.tunnels;
  beginServing(exchange, up.backend);
  armExchange(exchange, down);
  if (!(await up.send(!uploads))) return Relayed.LOST;
  if (uploads) down.uploading(upload(down, up.sink));
  return await relayResponse(exchange, down, up);
}

/**
 * Nothing follows the head of a message. A body that has ended before it was looked at may still have trailers,
 * and chunks that were announced have an end.
 */
export function hasNoContent({ framing }: MessageHead, { ended, trailers }: BodySource): boolean {
  return ended === BodyEnd.COMPLETE && trailers === null && framing !== BodyFraming.CHUNKED;
}

/** The second half of {@link relay}: the request has been sent, or is on its way. */
export async function relayResponse(
  exchange: Exchange,
  down: Downstream,
  up: UpstreamSide,
): Promise<Relayed> {
  const head = await receiveHead(exchange, down, up);
  if (head !== HeadEnd.READ) return LOSSES[head];
  const { response, account } = exchange;
  const connects = exchange.connects || exchange.tunnels;
  if (response.status === 101 || (connects && response.status < 300)) return Relayed.SWITCHES;
  const ends = hasNoContent(response, up.body);
  if (!(await down.head(exchange, ends))) return Relayed.MALFORMED;
  if (ends || await relayBody(exchange, down, up.body)) {
    account.outcome = Outcome.COMPLETE;
    return Relayed.COMPLETE;
  }
  if (exchange.interruption === Interruption.NONE && up.body.ended !== BodyEnd.COMPLETE) {
    account.outcome = Outcome.BACKEND_BROKEN;
  }
  down.sink.abort();
  return Relayed.BROKEN;
}

const LOSSES = {
  [HeadEnd.LOST]: Relayed.LOST,
  [HeadEnd.CUT]: Relayed.CUT,
  [HeadEnd.MALFORMED]: Relayed.MALFORMED,
} as const;

/** Waits for the head of the final response; interim ones are passed on. */
async function receiveHead(
  exchange: Exchange,
  down: Downstream,
  up: UpstreamSide,
): Promise<HeadEnd> {
  const { account, client } = exchange;
  for (let interims = false;; interims = true) {
    const head = await up.receiveHead();
    // A connection that is lost behind an interim response was no stale one.
    if (head === HeadEnd.LOST && interims) return HeadEnd.CUT;
    if (head !== HeadEnd.READ) return head;
    if (!interims) account.firstByteAt = client.worker.accountClock();
    if (exchange.response.status >= 200 || exchange.response.status === 101) {
      account.responseHeadAt = client.worker.accountClock();
      return head;
    }
    await down.interim(exchange);
  }
}

/** True when the client has all of the body. */
async function relayBody(
  exchange: Exchange,
  down: Downstream,
  body: BodySource,
): Promise<boolean> {
  for (;;) {
    armExchange(exchange, down);
    const bytes = await body.next();
    if (bytes === null) break;
    armExchange(exchange, down);
    if (!(await down.sink.write(bytes))) return false;
    body.taken(bytes.length);
  }
  return body.ended === BodyEnd.COMPLETE && await down.sink.end(body.trailers);
}

/**
 * Moves the request body until it ends; what the backend does not take is thrown away, because a client
 * that is not heard to the end may not read its answer. True when all of it was sent.
 */
export async function upload(down: Downstream, sink: BodySink): Promise<boolean> {
  const { body } = down;
  let takes = true;
  try {
    for (;;) {
      const bytes = await body.next();
      if (bytes === null) break;
      if (takes && !(await sink.write(bytes))) {
        takes = false;
        down.uploadRefused();
      }
      body.taken(bytes.length);
    }
    if (body.ended === BodyEnd.COMPLETE) return takes && await sink.end(body.trailers);
  } catch {
    // The client is gone, as its end has told, or we closed its connection.
  }
  sink.abort();
  return false;
}

/** Whichever side is silent for too long. */
function armExchange({ client }: Exchange, down: Downstream): void {
  const { front, back } = client.listener.timeouts;
  down.arm(Math.min(front, back));
}
