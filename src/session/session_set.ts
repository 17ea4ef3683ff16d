// The client connections of a worker and how many there may be. At the limit a new client is refused at
// once, unless the least active ones are to make room: then it waits in the accept queue until one of
// them has gone. It also waits there while no buffer is free for it, and never longer than the accept
// queue's timeout. Those already served keep their latency.

import { ACCEPT_RELIEF_PERCENT, EVICTION_SHARE } from "../../config/defaults.ts";
import type { Accepted } from "../io/contracts.ts";
import { Counter } from "../observe/metrics/counters.ts";
import type { ModuleLog } from "../observe/log/module_log.ts";
import { AcceptQueue } from "./accept_queue.ts";
import type { WorkerContext } from "./worker_context.ts";
import { LogAllowance } from "./timing/log_allowance.ts";
import { PlacedSet } from "./placed_set.ts";
import type { Session, SessionStarter } from "./session.ts";
import { type EndedSessions, Ending, type SessionTarget } from "./upstream/session_target.ts";

/**
 * What an idle client gets when the worker drains, in milliseconds. A request that is on its way then
 * is served, and is told that it is the last. After that the connection is closed in one direction, so
 * that a request that crosses this meets an end and no reset; it is dropped altogether when the client
 * closes too, or when nothing but such clients is left. The sum stays below a tenth of a second.
 */
const IDLE_GRACE_MS = 40;
const LEAVE_MS = 50;

/** Limits on client connections. */
export interface Admission {
  readonly maxConnections: number;
  /** Close the connections that have been silent longest instead of refusing new ones. */
  readonly evicts: boolean;
  /** How long an accepted connection may wait until it is served, in milliseconds. */
  readonly queueTimeout: number;
  /** How often sessions are looked for in which nothing has happened since, in milliseconds; 0: never. */
  readonly zombieInterval: number;
}

/** Every open client connection. */
export class SessionSet {
  readonly #sessions = new PlacedSet<Session>();
  /** Evicted, but not gone yet. */
  readonly #leaving = new Set<Session>();
  readonly #queue = new AcceptQueue();
  readonly #worker: WorkerContext;
  readonly #admission: Admission;
  readonly #log: ModuleLog;
  readonly #logAllowance = new LogAllowance(1);
  /** The limit has been reached and there is no relief yet. */
  #saturated = false;
  #lastZombieCheck: number;
  #onEmpty: (() => void) | null = null;
  /** Takes back what a drain does next. */
  #cancel: () => void = () => {};

  constructor(worker: WorkerContext, admission: Admission) {
    this.#worker = worker;
    this.#log = worker.loggerOf("worker::sessions");
    this.#admission = admission;
    this.#lastZombieCheck = worker.wheel.now;
  }

  /** Connections that are being served. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Starts a session for a new connection, lets it wait, or closes it when there is no room. */
  admit(accepted: Accepted, starter: SessionStarter): void {
    const { counters, wheel } = this.#worker;
    counters.add(Counter.ACCEPTED, 1);
    counters.addSource(accepted.peer.ip);
    if (!this.#hasRoom() && !this.#makeRoom()) {
      counters.add(Counter.REFUSED, 1);
      this.#worker.observer?.connectionRefused(accepted, "max_connections");
      accepted.stream.close();
    } else if (!this.#begin(accepted, starter)) {
      this.#queue.push({ accepted, starter, since: wheel.now });
      counters.add(Counter.ACCEPT_QUEUE, 1);
    }
  }

  /** Ends what has waited too long and serves what can be served; call it every tick of the clock. */
  tick(): void {
    if (this.#queue.length === 0) return;
    const overdue = this.#worker.wheel.now - this.#admission.queueTimeout;
    this.#dismiss(overdue, Counter.ACCEPT_QUEUE_TIMEOUT);
    this.#serveWaiting();
  }

  /** Counts the time spent at the limit and looks for zombies; call it once a second. */
  everySecond(): void {
    if (this.#saturated) this.#worker.counters.add(Counter.SATURATED_SECONDS, 1);
    const { now } = this.#worker.wheel;
    const interval = this.#admission.zombieInterval;
    if (interval === 0 || now - this.#lastZombieCheck < interval) return;
    this.#lastZombieCheck = now;
    this.#closeZombies(now - interval);
  }

  /**
   * Closes sessions in which nothing has happened since `time`: a net below the timeouts, which end
   * every session long before in all that is foreseen.
   */
  #closeZombies(time: number): void {
    const zombies = [...this.#sessions].filter(({ lastActive }) => lastActive < time);
    this.#worker.counters.add(Counter.ZOMBIES, zombies.length);
    for (const session of zombies) session.close();
    if (zombies.length === 0) return;
    this.#log.warn("{count} sessions closed in which nothing happened for {seconds} s (zombies)", {
      count: zombies.length,
      seconds: Math.round(this.#admission.zombieInterval / 1_000),
    });
  }

  /** Makes what is under way the last of its connection; idle clients are left alone. */
  endAfterResponse(): void {
    for (const session of [...this.#sessions]) session.drain();
  }

  /**
   * Lets requests in flight finish, and those who wait have their turn; resolves when the last
   * connection is gone.
   */
  drain(): Promise<void> {
    this.endAfterResponse();
    const { timers } = this.#worker;
    this.#cancel();
    this.#cancel = timers.after(IDLE_GRACE_MS, () => {
      this.#endIdle();
      this.#cancel = timers.after(LEAVE_MS, () => this.#cutIfIdle());
    });
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      this.#checkEmpty();
    });
  }

  /** Says goodbye to idle clients; true when there are no others. */
  #endIdle(): boolean {
    let allLeave = this.#queue.length === 0;
    for (const session of [...this.#sessions]) allLeave = session.leaveIdle() && allLeave;
    return allLeave;
  }

  #cutIfIdle(): void {
    if (this.#endIdle()) this.closeAll();
  }

  /** Ends the sessions that `target` tells; those that wait for a place have no backend. */
  endFor(target: SessionTarget): EndedSessions {
    const ended = { closed: 0, draining: 0 };
    for (const session of [...this.#sessions]) {
      const ending = session.endFor(target);
      if (ending === Ending.CLOSED) ended.closed++;
      else if (ending === Ending.DRAINING) ended.draining++;
    }
    return ended;
  }

  /** Cuts every connection. */
  closeAll(): void {
    this.#dismiss(Infinity, Counter.REFUSED);
    for (const session of [...this.#sessions]) session.close();
  }

  /** Closes the connections that have waited since before `time`. */
  #dismiss(time: number, counter: number): void {
    const dismissed = this.#queue.takeBefore(time);
    const cause = counter === Counter.REFUSED ? "stopping" : "accept_queue_timeout";
    for (const { accepted } of dismissed) {
      this.#worker.observer?.connectionRefused(accepted, cause);
      accepted.stream.close();
    }
    this.#worker.counters.add(counter, dismissed.length);
    this.#worker.counters.add(Counter.ACCEPT_QUEUE, -dismissed.length);
  }

  /** A connection that waits has a claim on a place. */
  #hasRoom(): boolean {
    return this.#sessions.size + this.#queue.length < this.#admission.maxConnections;
  }

  /** At the limit: evicts, if that is wanted; false when nobody makes room. */
  #makeRoom(): boolean {
    this.#saturate();
    const { maxConnections, evicts } = this.#admission;
    if (!evicts || this.#worker.draining) return false;
    if (this.#queue.length < this.#leaving.size) return true;
    return this.#evict(Math.max(1, Math.floor(maxConnections / EVICTION_SHARE)));
  }

  /** Closes the `most` connections that have been silent longest; false when there is none. */
  #evict(most: number): boolean {
    const staying = [...this.#sessions].filter((session) => !this.#leaving.has(session));
    const oldest = leastActive(staying, most);
    for (const session of oldest) {
      this.#leaving.add(session);
      session.close();
    }
    this.#worker.counters.add(Counter.EVICTED, oldest.length);
    const count = oldest.length;
    if (this.#logAllowance.take(this.#worker.wheel.now)) {
      this.#log.warn("{count} sessions evicted to make room for new connections", { count });
    }
    return count > 0;
  }

  /** Starts a session; false when there is no place or no buffer for it now. */
  #begin(accepted: Accepted, starter: SessionStarter): boolean {
    if (this.#sessions.size >= this.#admission.maxConnections) return false;
    const session = starter.start(accepted, this.#onEnd);
    if (session === null) return false;
    this.#sessions.add(session);
    this.#worker.counters.add(Counter.CLIENT_CONNECTIONS, 1);
    void session.run();
    return true;
  }

  #serveWaiting(): void {
    for (;;) {
      const newest = this.#queue.takeNewest();
      if (newest === null) return;
      if (!this.#begin(newest.accepted, newest.starter)) return this.#queue.push(newest);
      this.#worker.counters.add(Counter.ACCEPT_QUEUE, -1);
    }
  }

  readonly #onEnd = (session: Session): void => {
    this.#sessions.delete(session);
    if (this.#leaving.size > 0) this.#leaving.delete(session);
    this.#worker.counters.add(Counter.CLIENT_CONNECTIONS, -1);
    if (this.#queue.length > 0) this.#serveWaiting();
    if (this.#saturated) this.#relieve();
    this.#checkEmpty();
  };

  #saturate(): void {
    if (this.#saturated) return;
    this.#saturated = true;
    this.#worker.counters.add(Counter.BACKPRESSURE, 1);
    if (!this.#logAllowance.take(this.#worker.wheel.now)) return;
    this.#log.error("max_connections reached ({limit}): new connections {fate}", {
      limit: this.#admission.maxConnections,
      fate: this.#admission.evicts ? "take the places of idle ones" : "are refused",
    });
  }

  #relieve(): void {
    const relief = Math.floor(this.#admission.maxConnections * ACCEPT_RELIEF_PERCENT / 100);
    if (this.#sessions.size > 0 && this.#sessions.size >= relief) return;
    this.#saturated = false;
    this.#worker.counters.add(Counter.BACKPRESSURE, -1);
  }

  #checkEmpty(): void {
    if (this.#onEmpty === null || this.#sessions.size + this.#queue.length > 0) return;
    this.#cancel();
    this.#onEmpty();
    this.#onEmpty = null;
  }
}

/** The `count` members with the oldest activity, all of them when there are fewer. */
export function leastActive<T extends { readonly lastActive: number }>(
  members: Iterable<T>,
  count: number,
): T[] {
  return [...members].sort((a, b) => a.lastActive - b.lastActive).slice(0, count);
}
