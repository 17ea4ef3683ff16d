// A connection that has left HTTP behind (101): bytes go both ways untouched. Each direction ends on
// its own, so a peer may finish sending and still receive; silence in both ends the tunnel.

import { Counter } from "../../../observe/metrics/counters.ts";
import type { H1Exchange } from "./exchange.ts";
import type { HttpSession } from "./session.ts";
import { releaseHead } from "./release_head.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { writeRest } from "../../write_rest.ts";

/**
 * Pipes until both directions have ended or either stream fails. Never rejects; false when a stream
 * failed.
 */
export async function runTunnel(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
  from: number,
  to: number,
): Promise<boolean> {
  let clean = true;
  const broken = () => {
    clean = false;
    session.close();
    upstream.close();
  };
  // A broken tunnel is an ordinary end. Both directions must have stopped before the buffers they use
  // are given back.
  await Promise.allSettled([
    pipeToBackend(exchange, session, upstream).catch(broken),
    pipeToClient(exchange, session, upstream, from, to).catch(broken),
  ]);
  return clean;
}

async function pipeToBackend(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
): Promise<void> {
  const { input, worker } = session;
  const { account } = exchange.record;
  releaseHead(exchange.record, input);
  for (;;) {
    if (input.length === 0) {
      if (!input.reading) input.start = input.end = 0;
      if (!(await session.receive())) break;
    }
    session.armExchange();
    const { bytes, start, end } = input;
    account.clientIn += end - start;
    const written = await upstream.stream.write(bytes.subarray(start, end));
    if (start + written < end) await writeRest(upstream.stream, bytes, start + written, end);
    worker.counters.add(Counter.BACKEND_BYTES_OUT, end - start);
    account.backendOut += end - start;
    input.start = end;
  }
  await upstream.stream.closeWrite();
}

async function pipeToClient(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
  from: number,
  to: number,
): Promise<void> {
  const { account } = exchange.record;
  const { counters } = session.worker;
  account.backendIn += to - from;
  if (to > from) await session.write(upstream.bytes.subarray(from, to));
  for (;;) {
    const count = upstream.accept(await upstream.read(0));
    if (count === 0) break;
    account.backendIn += count;
    counters.add(Counter.BACKEND_BYTES_IN, count);
    session.armExchange();
    await session.write(upstream.bytes.subarray(0, count));
  }
  await session.endWrite();
}
