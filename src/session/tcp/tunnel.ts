// The bytes of a TCP session, both ways, untouched. Each direction ends on its own: a peer that has said
// everything may still listen. Buffers are small until a direction keeps filling them, so that an idle
// connection costs little and a bulk transfer few calls.

import { Counter } from "../../observe/metrics/counters.ts";
import type { TcpSession } from "./session.ts";
import { Outcome } from "../traffic_account.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { writeRest } from "../write_rest.ts";

/** A large buffer that is filled to less than this share is given back. */
const LEAST_SHARE = 1 / 4;

/** Pipes until both directions have ended. Never rejects. */
export async function runTcpTunnel(session: TcpSession, upstream: Upstream): Promise<void> {
  // Both must have stopped before the buffers they use are given back.
  await Promise.all([pipeToBackend(session, upstream), pipeToClient(session, upstream)]);
}

async function pipeToBackend(session: TcpSession, upstream: Upstream): Promise<void> {
  const { input, worker, account } = session;
  let clientFailed = true;
  try {
    for (;;) {
      session.reading = true;
      input.start = input.end = 0;
      const count = input.accept(await input.read());
      session.reading = false;
      if (count === 0) break;
      worker.counters.add(Counter.BYTES_IN, count);
      account.clientIn += count;
      session.armTunnel();
      const { bytes } = input;
      clientFailed = false;
      const part = count === bytes.length ? bytes : bytes.subarray(0, count);
      const written = await upstream.stream.write(part);
      if (written < count) await writeRest(upstream.stream, bytes, written, count);
      worker.counters.add(Counter.BACKEND_BYTES_OUT, count);
      account.backendOut += count;
      clientFailed = true;
      input.start = input.end;
      if (count === bytes.length) {
        input.growForBody();
        const turn = worker.bulkTurns.take();
        if (turn !== null) await turn;
      } else if (count < bytes.length * LEAST_SHARE) input.releaseHead();
    }
    clientFailed = false;
    await upstream.stream.closeWrite();
  } catch {
    // A backend that takes no more may still have something to say; a client that broke has not.
    if (clientFailed) closeBoth(session, upstream);
  }
}

async function pipeToClient(session: TcpSession, upstream: Upstream): Promise<void> {
  const { stream, worker, account } = session;
  let backendFailed = true;
  try {
    for (;;) {
      const count = upstream.accept(await upstream.read(0));
      if (count === 0) break;
      account.backendIn += count;
      session.armTunnel();
      const { bytes } = upstream;
      backendFailed = false;
      const part = count === bytes.length ? bytes : bytes.subarray(0, count);
      const written = await stream.write(part);
      if (written < count) await writeRest(stream, bytes, written, count);
      worker.counters.add(Counter.BYTES_OUT, count);
      account.clientOut += count;
      backendFailed = true;
      if (count === bytes.length) {
        upstream.growForBody();
        const turn = worker.bulkTurns.take();
        if (turn !== null) await turn;
      } else if (count < bytes.length * LEAST_SHARE) upstream.shrink();
    }
    backendFailed = false;
    session.writeEnded = true;
    await stream.closeWrite();
  } catch {
    // What came before a backend broke has been delivered; the client is told that it was all.
    if (backendFailed) await session.backendBroke(upstream);
    else closeBoth(session, upstream);
  }
}

/** Wakes the other direction as well. */
function closeBoth(session: TcpSession, upstream: Upstream): void {
  if (!session.closed) session.account.outcome = Outcome.CLIENT_GONE;
  session.close();
  upstream.close();
}
