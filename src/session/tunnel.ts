// A connection that has left HTTP behind (101): bytes go both ways untouched. Each direction ends on
// its own, so a peer may finish sending and still receive; silence in both ends the tunnel.

import { Counter } from "../observe/counters.ts";
import type { HttpSession } from "./http_session.ts";
import type { Upstream } from "./upstream.ts";
import { writeRest } from "./write_rest.ts";

/** Pipes until both directions have ended or either stream fails. Never rejects. */
export async function runTunnel(
  session: HttpSession,
  upstream: Upstream,
  from: number,
  to: number,
): Promise<void> {
  // A broken tunnel is an ordinary end. Both directions must have stopped before the buffers they use
  // are given back.
  await Promise.allSettled([
    pipeToBackend(session, upstream).catch(() => closeBoth(session, upstream)),
    pipeToClient(session, upstream, from, to).catch(() => closeBoth(session, upstream)),
  ]);
}

/** Wakes the other direction as well. */
function closeBoth(session: HttpSession, upstream: Upstream): void {
  session.close();
  upstream.close();
}

async function pipeToBackend(session: HttpSession, upstream: Upstream): Promise<void> {
  const { input, worker } = session;
  input.releaseHead();
  for (;;) {
    if (input.length === 0) {
      if (!input.reading) input.start = input.end = 0;
      if (!(await session.receive())) break;
    }
    session.armTunnel();
    const { bytes, start, end } = input;
    const written = await upstream.stream.write(bytes.subarray(start, end));
    if (start + written < end) await writeRest(upstream.stream, bytes, start + written, end);
    worker.counters.add(Counter.BACKEND_BYTES_OUT, end - start);
    input.start = end;
  }
  await upstream.stream.closeWrite();
}

async function pipeToClient(
  session: HttpSession,
  upstream: Upstream,
  from: number,
  to: number,
): Promise<void> {
  if (to > from) await session.write(upstream.bytes.subarray(from, to));
  for (;;) {
    const count = await upstream.read(0);
    if (count === null) break;
    session.armTunnel();
    await session.write(upstream.bytes.subarray(0, count));
  }
  await session.stream.closeWrite();
}
