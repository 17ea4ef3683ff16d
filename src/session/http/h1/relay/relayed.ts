// Serves a request of HTTP/1.1 through the relay that carries every pair of HTTP versions. With HTTP/1.1 at
// both ends the loop of requests does the same written out; this way is for the other pairs, and for tests
// that hold the two against each other.

import { Counter } from "../../../../observe/metrics/counters.ts";
import { isIdempotent } from "../../../../protocol/http/method.ts";
import { Reason } from "../../../reason.ts";
import type { Upstream } from "../../../upstream/upstream.ts";
import { mayRepeat } from "../../phases/serve.ts";
import { relay, Relayed } from "../../relay.ts";
import { H1Downstream } from "./downstream.ts";
import { fail, settle } from "../ending.ts";
import type { H1Exchange } from "../exchange.ts";
import { switchProtocols } from "../response.ts";
import { takeBuffer } from "../prepare.ts";
import { open, takeIdle } from "../sending.ts";
import type { HttpSession } from "../session.ts";
import { H1Upstream } from "./upstream.ts";

/** Serves a request that has a cluster; true when the client connection goes on. */
export async function serveByRelay(exchange: H1Exchange, session: HttpSession): Promise<boolean> {
  const { record } = exchange;
  record.repeatable = exchange.requestBody.done && isIdempotent(record.request);
  const down = new H1Downstream(exchange, session);
  if (takeBuffer(exchange) === null) {
    return await fail(exchange, session, 503, Reason.OUT_OF_BUFFERS);
  }
  for (;;) {
    let connection = takeIdle(exchange);
    if (connection === null) {
      const status = await open(exchange, session);
      if (status !== 0) return await fail(exchange, session, status);
      connection = exchange.upstream as Upstream;
    }
    const up = exchange.side = new H1Upstream(record, connection, down, exchange.out);
    exchange.sentWhole = exchange.requestBody.done;
    session.watchSoon();
    const ended = await relay(record, down, up);
    if (ended !== Relayed.LOST || !repeats(exchange, up)) {
      return await finish(exchange, session, up, ended);
    }
  }
}

/** The backend connection was lost: true when the request is sent again on another. */
function repeats(exchange: H1Exchange, up: H1Upstream): boolean {
  const { record } = exchange;
  up.abort();
  if (!mayRepeat(record, up.reused)) return false;
  up.release(false);
  exchange.upstream = exchange.side = null;
  record.client.worker.counters.add(Counter.RETRIES, 1);
  record.account.retries++;
  return true;
}

async function finish(
  exchange: H1Exchange,
  session: HttpSession,
  up: H1Upstream,
  ended: Relayed,
): Promise<boolean> {
  switch (ended) {
    case Relayed.COMPLETE:
      exchange.reusable = up.reusable;
      return await settle(exchange, session);
    case Relayed.SWITCHES: {
      const connection = exchange.upstream as Upstream;
      const failure = await switchProtocols(exchange, session, connection, up.received.end);
      if (failure === 0) return await settle(exchange, session);
      return await fail(exchange, session, failure, Reason.MALFORMED_RESPONSE);
    }
    case Relayed.LOST:
    case Relayed.CUT:
      return await fail(exchange, session, 502, Reason.BACKEND_CLOSED);
    case Relayed.BROKEN:
    case Relayed.MALFORMED:
      return await fail(exchange, session, 502, Reason.MALFORMED_RESPONSE);
    default:
      return await fail(exchange, session, ended);
  }
}
