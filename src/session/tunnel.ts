// The bytes of a client and a backend, both ways, untouched: a TCP connection, or one that has left HTTP
// behind. Each direction ends on its own: a peer that has said everything may still listen. Buffers are
// small until a direction keeps filling them, so that an idle connection costs little and a bulk transfer
// few calls. Knows no protocol; what the end of a tunnel means is the client connection's.

import { Counter, type Counters } from "../observe/metrics/counters.ts";
import { countReset, isReset, type ResetSeen } from "./defect.ts";
import type { BulkTurns } from "./timing/bulk_turns.ts";
import type { Arrival, WritingEnd } from "./sole_reader.ts";
import type { TrafficAccount } from "./traffic_account.ts";
import type { Upstream } from "./upstream/upstream.ts";
import { writeRest } from "./write_rest.ts";

/** A large buffer that is filled to less than this share is given back. */
const LEAST_SHARE = 1 / 4;

/** The client connection of a tunnel. */
export interface TunnelClient {
  readonly stream: WritingEnd;
  readonly input: TunnelInput;
  readonly worker: { readonly counters: Counters; readonly bulkTurns: BulkTurns };
  readonly account: TrafficAccount;
  /** Bytes came from either side: both may be silent for as long as they may again. */
  armTunnel(): void;
  /** Tells the client that nothing more will come. */
  endWrite(): Promise<void>;
  /** Tells how the client has broken its connection. */
  broke(error: unknown, seen: ResetSeen): void;
  /** The client has broken its connection: ends it. Does nothing when it has been closed already. */
  clientReset(): void;
  /** The backend connection is lost; what came before has been delivered. Never rejects. */
  backendBroke(): Promise<void>;
}

/** What has been received of the client and not yet sent on: `bytes[start, end)`. */
export interface TunnelInput {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
  /** A read is under way. */
  readonly reading: boolean;
  /** Takes the read under way, or a new one; {@link accept} its result. */
  read(): Promise<Arrival>;
  /** The number of bytes that were read, 0 at the client's end of stream. */
  accept(arrival: Arrival): number;
  /** Uses a larger buffer, if there is one; a small one. */
  growForBody(): void;
  releaseHead(): void;
}

/**
 * Pipes until both directions have ended, beginning with what lies in the input, and with
 * `upstream.bytes[from, to)`. False when one did not end by itself. Never rejects.
 */
export async function runTunnel(
  client: TunnelClient,
  upstream: Upstream,
  from = 0,
  to = 0,
): Promise<boolean> {
  const sending = pipeToBackend(client, upstream);
  const delivered = await pipeToClient(client, upstream, from, to);
  // Both must have stopped before the buffers they use are given back.
  return await sending && delivered;
}

async function pipeToBackend(client: TunnelClient, upstream: Upstream): Promise<boolean> {
  const { input, worker, account } = client;
  let clientFailed = true;
  try {
    for (;;) {
      if (input.start === input.end) {
        if (!input.reading) input.start = input.end = 0;
        const received = input.accept(await input.read());
        if (received === 0) break;
        worker.counters.add(Counter.BYTES_IN, received);
      }
      const { bytes, start, end } = input;
      const count = end - start;
      account.clientIn += count;
      client.armTunnel();
      clientFailed = false;
      const part = count === bytes.length ? bytes : bytes.subarray(start, end);
      const written = await upstream.stream.write(part);
      if (written < count) await writeRest(upstream.stream, bytes, start + written, end);
      worker.counters.add(Counter.BACKEND_BYTES_OUT, count);
      account.backendOut += count;
      clientFailed = true;
      input.start = end;
      if (count === bytes.length) {
        input.growForBody();
        const turn = worker.bulkTurns.take();
        if (turn !== null) await turn;
      } else if (count < bytes.length * LEAST_SHARE) input.releaseHead();
    }
    clientFailed = false;
    await upstream.stream.closeWrite();
    return true;
  } catch (error) {
    if (clientFailed) client.broke(error, "read");
    else if (isReset(error)) countReset(worker.counters, "write", false);
    // A backend that takes no more may still have something to say; a client that broke has not.
    if (clientFailed) endBoth(client, upstream);
    return false;
  }
}

async function pipeToClient(
  client: TunnelClient,
  upstream: Upstream,
  from: number,
  to: number,
): Promise<boolean> {
  const { stream, worker, account } = client;
  let backendFailed = false;
  try {
    if (to > from) {
      await writeRest(stream, upstream.bytes, from, to);
      worker.counters.add(Counter.BYTES_OUT, to - from);
      account.backendIn += to - from;
      account.clientOut += to - from;
    }
    upstream.shrink();
    for (;;) {
      backendFailed = true;
      const count = upstream.accept(await upstream.read(0));
      if (count === 0) break;
      worker.counters.add(Counter.BACKEND_BYTES_IN, count);
      account.backendIn += count;
      client.armTunnel();
      const { bytes } = upstream;
      backendFailed = false;
      const part = count === bytes.length ? bytes : bytes.subarray(0, count);
      const written = await stream.write(part);
      if (written < count) await writeRest(stream, bytes, written, count);
      worker.counters.add(Counter.BYTES_OUT, count);
      account.clientOut += count;
      if (count === bytes.length) {
        upstream.growForBody();
        const turn = worker.bulkTurns.take();
        if (turn !== null) await turn;
      } else if (count < bytes.length * LEAST_SHARE) upstream.shrink();
    }
    backendFailed = false;
    await client.endWrite();
    return true;
  } catch (error) {
    if (backendFailed) {
      if (isReset(error)) countReset(worker.counters, "read", false);
      upstream.close();
      // What came before a backend broke has been delivered; the client is told that it was all.
      await client.backendBroke();
    } else {
      client.broke(error, "write");
      endBoth(client, upstream);
    }
    return false;
  }
}

/** Wakes the other direction as well. */
function endBoth(client: TunnelClient, upstream: Upstream): void {
  client.clientReset();
  upstream.close();
}
