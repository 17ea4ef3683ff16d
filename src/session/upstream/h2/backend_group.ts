// The connections of HTTP/2 to one backend, and the requests that wait for a place on one of them. A request
// takes the connection with the fewest streams; when none has room, and those that are being opened will not do
// for all who wait, another is opened, up to a bound.

import type { Backend } from "../../../balancing/backend.ts";
import type { Cluster } from "../../cluster.ts";
import { MAX_SHARED_UPSTREAMS_PER_BACKEND } from "./limits.ts";
import type { SharedUpstream } from "./shared_upstream.ts";
import { StreamSlot } from "./stream_slot.ts";
import { type Waiting, WaitingLine } from "./waiting_line.ts";

/** Streams that a backend is taken to allow which has not said how many. */
const ASSUMED_STREAMS = 100;

const NO_MORE = "no more connections may be opened";

/** A request that waits for a place. */
interface Waiter extends Waiting {
  /** The lower, the earlier it came. */
  readonly number: number;
  readonly resolve: (slot: StreamSlot) => void;
  readonly reject: (reason: unknown) => void;
  /** Only a connection that has carried nothing yet will do. */
  readonly fresh: boolean;
}

/** The connections to one backend. */
export class BackendGroup {
  readonly cluster: Cluster;
  readonly backend: Backend;
  readonly #connections: SharedUpstream[] = [];
  readonly #anyLine = new WaitingLine<Waiter>();
  /** Those for whom only a connection will do that has carried nothing yet. */
  readonly #freshLine = new WaitingLine<Waiter>();
  #came = 0;
  /** Streams that each connection is expected to take. */
  #expected = ASSUMED_STREAMS;
  /** How long opening one may take, in milliseconds. */
  #connectMs = 0;
  /** Makes one more, to be run; `null` when there may be no more. */
  readonly #open: (group: BackendGroup) => SharedUpstream | null;

  constructor(
    cluster: Cluster,
    backend: Backend,
    open: (group: BackendGroup) => SharedUpstream | null,
  ) {
    this.cluster = cluster;
    this.backend = backend;
    this.#open = open;
  }

  get connections(): readonly SharedUpstream[] {
    return this.#connections;
  }

  /** Nothing is left of it. */
  get isEmpty(): boolean {
    return this.#connections.length === 0 && this.#waiting === 0;
  }

  /** A place on an open connection, `null` when there is none; `fresh` as for {@link wait}. */
  take(fresh: boolean): StreamSlot | null {
    let best: SharedUpstream | null = null;
    for (const connection of this.#connections) {
      if (!connection.hasRoom || (fresh && connection.carried)) continue;
      if (best === null || connection.users < best.users) best = connection;
    }
    return best === null ? null : new StreamSlot(best);
  }

  /**
   * Waits for a place, behind those who wait already. `fresh`: on a connection that has carried nothing yet.
   * Rejects when the connection cannot be opened, or `signal` aborts.
   */
  wait(fresh: boolean, connectMs: number, signal: AbortSignal): Promise<StreamSlot> {
    this.#connectMs = connectMs;
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject, fresh, number: this.#came++, waits: true };
      const line = fresh ? this.#freshLine : this.#anyLine;
      line.add(waiter);
      signal.addEventListener("abort", () => {
        line.leave(waiter);
        reject(signal.reason);
      }, { once: true });
      this.serve();
    });
  }

  /** A connection is settled: how many streams its backend allows is known. */
  settled(connection: SharedUpstream): void {
    this.#expected = Math.max(1, connection.mostStreams);
    this.serve();
  }

  /** There may be room: gives places to those who wait, and opens connections for the rest. */
  serve(): void {
    if (this.#waiting === 0) return;
    this.#givePlaces();
    while (this.#needsMore()) {
      const opened = this.#open(this);
      if (opened === null) {
        const comes = ({ opening, isOfUse }: SharedUpstream) => opening || isOfUse;
        if (!this.#connections.some(comes)) this.dismiss(NO_MORE);
        return;
      }
      this.#connections.push(opened);
      void opened.run(this.#connectMs);
    }
  }

  /**
   * A connection is gone; `reason` when it could not be opened. Those who wait then have failed with it, unless
   * another one is being opened.
   */
  closed(connection: SharedUpstream, reason: unknown): void {
    const index = this.#connections.indexOf(connection);
    if (index >= 0) this.#connections.splice(index, 1);
    if (reason === null || this.#openings() > 0) return this.serve();
    this.dismiss(reason);
  }

  /** Nobody needs to wait any more: nothing will come. */
  dismiss(reason: unknown): void {
    for (const line of [this.#anyLine, this.#freshLine]) {
      for (let waiter = line.first; waiter !== null; waiter = line.first) {
        line.leave(waiter);
        waiter.reject(reason);
      }
    }
  }

  get #waiting(): number {
    return this.#anyLine.size + this.#freshLine.size;
  }

  /** What is not there for one is not there for those behind it who want the same. */
  #givePlaces(): void {
    let any = this.#anyLine.first;
    let fresh = this.#freshLine.first;
    while (any !== null || fresh !== null) {
      const isFresh = any === null || (fresh !== null && fresh.number < any.number);
      const waiter = (isFresh ? fresh : any) as Waiter;
      const line = isFresh ? this.#freshLine : this.#anyLine;
      const slot = this.take(isFresh);
      if (slot !== null) {
        line.leave(waiter);
        waiter.resolve(slot);
      }
      const next = slot === null ? null : line.first;
      if (isFresh) fresh = next;
      else any = next;
    }
  }

  #openings(): number {
    let count = 0;
    for (const { opening } of this.#connections) if (opening) count++;
    return count;
  }

  #needsMore(): boolean {
    if (this.#connections.length >= MAX_SHARED_UPSTREAMS_PER_BACKEND) return false;
    if (this.#waiting <= this.#openings() * this.#expected) return false;
    // A backend that allows no stream at all, even on a connection without any, allows none on another.
    const shut = ({ isOfUse, users, carried }: SharedUpstream) =>
      isOfUse && users === 0 && !carried;
    return !this.#connections.some(shut);
  }
}
