// Serves a request of HTTP/1.1 through the relay that carries every pair of HTTP versions. With HTTP/1.1 at
// both ends the loop of requests does the same written out; this way is for the other pairs, and for tests
// that hold the two against each other.

import { Reason } from "../../../reason.ts";
import { Relayed } from "../../relay.ts";
import { serveExchange } from "../../serve.ts";
import { Fate } from "../../upstream.ts";
import { H1Downstream } from "./downstream.ts";
import { fail, settle } from "../ending.ts";
import type { H1Exchange } from "../exchange.ts";
import { switchProtocols } from "../response.ts";
import { takeBuffer } from "../prepare.ts";
import type { HttpSession } from "../session.ts";

/** Serves a request that has a cluster; true when the client connection goes on. */
export async function serveByRelay(exchange: H1Exchange, session: HttpSession): Promise<boolean> {
  const down = new H1Downstream(exchange, session);
  if (takeBuffer(exchange) === null) {
    return await fail(exchange, session, 503, Reason.OUT_OF_BUFFERS);
  }
  exchange.sentWhole = exchange.requestBody.done;
  session.watchSoon();
  const { record, out } = exchange;
  const ended = await serveExchange(record, down, exchange, session.http2, out);
  return await finish(exchange, session, ended);
}

async function finish(
  exchange: H1Exchange,
  session: HttpSession,
  ended: Relayed,
): Promise<boolean> {
  const { side } = exchange;
  switch (ended) {
    case Relayed.COMPLETE:
      exchange.reusable = side?.reusable === true;
      return await settle(exchange, session);
    case Relayed.SWITCHES: {
      const tunnel = side?.tunnel() ?? null;
      if (tunnel === null) return await fail(exchange, session, 503, Reason.OUT_OF_BUFFERS);
      const { connection, end } = tunnel;
      const failure = await switchProtocols(exchange, session, connection, end);
      if (failure === 0) return await settle(exchange, session);
      return await fail(exchange, session, failure, Reason.MALFORMED_RESPONSE);
    }
    case Relayed.LOST: {
      const untouched = side?.fate === Fate.UNSENT || side?.fate === Fate.UNPROCESSED;
      const status = untouched ? 503 : 502;
      return await fail(exchange, session, status, Reason.BACKEND_CLOSED);
    }
    case Relayed.CUT:
      return await fail(exchange, session, 502, Reason.BACKEND_CLOSED);
    case Relayed.BROKEN:
    case Relayed.MALFORMED:
      return await fail(exchange, session, 502, Reason.MALFORMED_RESPONSE);
    default:
      return await fail(exchange, session, ended);
  }
}
