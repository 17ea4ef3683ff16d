// The connections of HTTP/2 to backends of one worker. Each carries the requests of many clients. Owns opening
// them, and the bounds on how many there are; which backend to use is decided elsewhere.

import { BULK_BUFFER_BYTES, REMOVED_BACKEND_DRAIN_MS } from "../../../../config/defaults.ts";
import type { Backend } from "../../../balancing/backend.ts";
import { BufferPool } from "../../../bytes/buffer_pool.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import type { Cluster } from "../../cluster.ts";
import { PlacedSet } from "../../placed_set.ts";
import type { SessionTarget } from "../session_target.ts";
import type { Timed } from "../../timing/deadline_wheel.ts";
import { BackendGroup } from "./backend_group.ts";
import { MAX_SHARED_UPSTREAMS } from "./limits.ts";
import { type SharedOwner, type SharedParts, SharedUpstream } from "./shared_upstream.ts";
import type { StreamSlot } from "./stream_slot.ts";

/** Is told what became of the connections that were opened. */
export interface OpenObserver {
  /** A connection to a backend could not be made. */
  connectFailed?(cluster: Cluster, backend: Backend): void;
}

/** What the pool is made with. */
export type SharedPoolParts =
  & Omit<SharedParts, "inputBuffers" | "outputBuffers">
  & { readonly observer: () => OpenObserver | null };

const REMOVED = "the backend was removed";

/** Connections that carry many streams, by backend. */
export class SharedUpstreamPool implements SharedOwner {
  /** Lines that are added to a head lie here until it is encoded. */
  lines = new Uint8Array(4096);
  readonly #parts: SharedParts;
  readonly #observer: () => OpenObserver | null;
  readonly #groups = new Map<Backend, BackendGroup>();
  /** Every connection that is not closed. */
  readonly #all = new PlacedSet<SharedUpstream>();
  #closed = false;

  constructor({ observer, ...parts }: SharedPoolParts) {
    this.#observer = observer;
    this.#parts = {
      ...parts,
      inputBuffers: new BufferPool(BULK_BUFFER_BYTES, MAX_SHARED_UPSTREAMS),
      outputBuffers: new BufferPool(BULK_BUFFER_BYTES, 2 * MAX_SHARED_UPSTREAMS),
    };
  }

  /** Connections right now, those that are being opened included. */
  get openCount(): number {
    return this.#all.size;
  }

  /**
   * A place on an open connection to `backend`, `null` when none has room. `fresh`: on one that has carried
   * nothing yet.
   */
  take(backend: Backend, fresh: boolean): StreamSlot | null {
    const slot = this.#groups.get(backend)?.take(fresh) ?? null;
    if (slot !== null) this.#parts.counters.add(Counter.BACKEND_REUSED, 1);
    return slot;
  }

  /**
   * Waits for a place on a connection to `backend`, opening one where needed, which may take `connectMs`.
   * Rejects when none can be opened, or `signal` aborts.
   */
  wait(
    cluster: Cluster,
    backend: Backend,
    fresh: boolean,
    connectMs: number,
    signal: AbortSignal,
  ): Promise<StreamSlot> {
    let group = this.#groups.get(backend);
    if (group === undefined) {
      group = new BackendGroup(cluster, backend, this.#open);
      this.#groups.set(backend, group);
    }
    const waiting = group.wait(fresh, connectMs, signal);
    // Nobody waits: there may be no connection to that backend.
    if (group.isEmpty) this.#groups.delete(backend);
    return waiting;
  }

  /**
   * A backend left the configuration: its connections take no more streams, and close when they have none,
   * at the latest {@link REMOVED_BACKEND_DRAIN_MS} from now.
   */
  retire(backend: Backend): void {
    const group = this.#groups.get(backend);
    if (group === undefined) return;
    group.dismiss(REMOVED);
    for (const connection of [...group.connections]) connection.leave();
    if (group.connections.length > 0) {
      this.#parts.wheel.arm(new Retirement(group), REMOVED_BACKEND_DRAIN_MS);
    }
  }

  /** The connections that `target` tells take no more streams, and close when they have none. */
  endFor(target: SessionTarget): void {
    for (const connection of [...this.#all]) {
      const { cluster, backend, opening } = connection;
      if (!opening && target.matches(cluster, backend)) connection.leave();
    }
  }

  /** The worker drains: every connection closes as soon as nobody uses it. */
  close(): void {
    this.#closed = true;
    for (const connection of [...this.#all]) {
      if (connection.users === 0 && !connection.opening) connection.leave();
    }
  }

  /** The worker stops: closes every connection at once. */
  abandon(): void {
    this.#closed = true;
    for (const connection of [...this.#all]) connection.close();
  }

  settled(connection: SharedUpstream, first: boolean): void {
    const { cluster, backend, connectMs } = connection;
    if (first) cluster.backends.connectSucceeded(backend, connectMs, this.#parts.clock());
    this.#groups.get(backend)?.settled(connection);
  }

  changed(connection: SharedUpstream): void {
    this.#groups.get(connection.backend)?.serve();
    if (connection.users > 0 || connection.opening) return;
    if (this.#closed || connection.backend.status !== "normal") connection.leave();
  }

  closed(connection: SharedUpstream, reason: unknown): void {
    const { cluster, backend } = connection;
    this.#all.delete(connection);
    if (reason !== null) {
      this.#observer()?.connectFailed?.(cluster, backend);
      cluster.backends.connectFailed(backend, this.#parts.clock(), reason);
    }
    cluster.backends.connectionClosed(backend);
    const group = this.#groups.get(backend);
    group?.closed(connection, reason);
    if (group?.isEmpty === true) this.#groups.delete(backend);
  }

  readonly #open = ({ cluster, backend }: BackendGroup): SharedUpstream | null => {
    if (this.#all.size >= MAX_SHARED_UPSTREAMS || backend.status !== "normal") return null;
    cluster.backends.connectionOpened(backend);
    const connection = new SharedUpstream(this.#parts, cluster, backend, this);
    this.#all.add(connection);
    return connection;
  };
}

/** Cuts what a removed backend still has when its time is over. */
class Retirement implements Timed {
  deadline = Infinity;
  filedTick = Infinity;
  filedIndex = 0;
  readonly #group: BackendGroup;

  constructor(group: BackendGroup) {
    this.#group = group;
  }

  onDeadline(): void {
    for (const connection of [...this.#group.connections]) connection.close();
  }
}
