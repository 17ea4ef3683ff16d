// The backends of one cluster and the choice among them. It knows who may be used (status, health,
// back-off, backup) and leaves the choice among those to a policy. The list of usable backends is kept
// between picks and made anew only after a change or when a back-off ends, so a pick costs the same
// with any number of backends. What operators must be told is collected as values, once per transition.

import { DEFAULT_BACKEND_WEIGHT } from "../../config/defaults.ts";
import { AddressTable } from "./addresses/address_table.ts";
import { Backend, type BackendConfig, LoadMetric, type LoadObserver } from "./backend.ts";
import type { FlowKey } from "./flows/flow_key.ts";
import type { HealthThresholds } from "./health_state.ts";
import { createPolicy } from "./policies.ts";
import { LoadBalancing, type Policy } from "./policy.ts";
import { ShardCounts, type Sharding, Shards } from "./shards.ts";
import { StickyIndex } from "./sticky_index.ts";

/**
 * Which backends the last pick chose among: those in normal use, backups, or, as none of either is
 * healthy, every one that may be tried (`fail_open`).
 */
export type Regime = "primary" | "backup" | "fail_open" | "none";

/** Something operators are told, once each time it becomes true. */
export type BackendNotification =
  | { readonly kind: "connect_failed"; readonly backend: Backend; readonly reason: string }
  | { readonly kind: "backend_down"; readonly backend: Backend }
  | { readonly kind: "backend_up"; readonly backend: Backend }
  | { readonly kind: "backend_unhealthy"; readonly backend: Backend }
  | { readonly kind: "backend_healthy"; readonly backend: Backend }
  | { readonly kind: "removed_backend_has_no_connections"; readonly backend: Backend }
  | { readonly kind: "fail_open_entered" }
  | { readonly kind: "fail_open_left" }
  | { readonly kind: "no_available_backends"; readonly total: number }
  | { readonly kind: "cluster_recovered" };

const NO_NOTIFICATIONS: readonly BackendNotification[] = [];
const NONE: readonly Backend[] = [];

export class BackendSet {
  readonly #random: () => number;
  readonly #members: Backend[] = [];
  readonly #byPair = new Map<string, Backend>();
  readonly #addresses = new AddressTable();
  /** By the value the sticky cookie carries; several only if configured so, in order of addition. */
  readonly #sticky = new StickyIndex();
  #policy: Policy;
  #shards: Shards | null = null;
  /** What became of clients whose shard could not serve them. */
  readonly shardCounts = new ShardCounts();
  #notifications: BackendNotification[] = [];

  #candidates: readonly Backend[] = [];
  #regime: Regime = "none";
  #candidatesStale = true;
  #membersStale = true;
  /** When the first waiting backend may be tried again, in ms. */
  #validUntilMs = Number.POSITIVE_INFINITY;

  #available = 0;
  #allDown = false;
  #failingOpen = false;
  #failedOpen = 0;
  /** Backends whose failure is among the notifications: one that comes and goes is told once a look. */
  readonly #failing = new Set<Backend>();

  /**
   * `random` gives numbers in [0, 1). Until {@linkcode setPolicy} is called, backends are drawn at
   * random, as they are when they are configured before their cluster.
   */
  constructor(random: () => number) {
    this.#random = random;
    this.#policy = createPolicy(LoadBalancing.RANDOM, LoadMetric.CONNECTIONS, random);
  }

  /** Every backend, usable or not, in order of addition. */
  get members(): readonly Backend[] {
    return this.#members;
  }

  get size(): number {
    return this.#members.length;
  }

  /** How many are healthy and not down; one that waits to be tried again counts. */
  get availableCount(): number {
    return this.#available;
  }

  /** What the last pick chose among. */
  get regime(): Regime {
    return this.#regime;
  }

  /** The choice depends on the key of a flow: it is worth finding. */
  get keyed(): boolean {
    return this.#policy.keyed === true || this.#shards !== null;
  }

  /** Starts a new policy, with nothing remembered (the round-robin cursor restarts). */
  setPolicy(algorithm: number, metric: number): void {
    for (const backend of this.#members) backend.loadObserver = null;
    this.#policy = createPolicy(algorithm, metric, this.#random);
    this.#candidatesStale = true;
    this.#membersStale = true;
  }

  /** Gives each client a part of the backends, or all of them with `null`. */
  setSharding(sharding: Sharding | null): void {
    this.#shards = sharding === null ? null : new Shards(sharding);
    this.#candidatesStale = true;
    this.#membersStale = true;
  }

  /** Adds a backend, or updates the one with the same id and address. */
  add(config: BackendConfig, nowMs: number): Backend {
    const pair = pairKey(config.id, config.address.text);
    const known = this.#byPair.get(pair);
    this.#candidatesStale = true;
    if (known !== undefined) {
      const weight = config.weight ?? DEFAULT_BACKEND_WEIGHT;
      if (known.weight !== weight || known.backup !== config.backup) this.#membersStale = true;
      this.#sticky.remove(known);
      known.update(config);
      this.#sticky.add(known, this.#members);
      return known;
    }
    const backend = new Backend(config, nowMs);
    this.#membersStale = true;
    this.#members.push(backend);
    this.#addresses.join(backend);
    this.#byPair.set(pair, backend);
    this.#sticky.add(backend, this.#members);
    this.#available++;
    this.#noteAvailability();
    return backend;
  }

  /**
   * Takes out the backend with exactly this id and address and returns it, `null` when there is none. Its
   * connections go on; keep reporting them here, so that the end of the last one is noticed.
   */
  remove(id: string, address: string): Backend | null {
    const pair = pairKey(id, address);
    const backend = this.#byPair.get(pair);
    if (backend === undefined) return null;
    this.#byPair.delete(pair);
    this.#members.splice(this.#members.indexOf(backend), 1);
    this.#sticky.remove(backend);
    if (backend.available) this.#available--;
    backend.status = "closing";
    this.#addresses.leave(backend);
    backend.loadObserver = null;
    this.#candidatesStale = true;
    this.#membersStale = true;
    this.#noteAvailability();
    this.#closeWhenIdle(backend);
    return backend;
  }

  /** The backend with this id and address. */
  get(id: string, address: string): Backend | null {
    return this.#byPair.get(pairKey(id, address)) ?? null;
  }

  /** Chooses a backend, `null` when none may be tried. `key` identifies a flow, see Policy. */
  pick(nowMs: number, key: FlowKey | null = null): Backend | null {
    if (this.#candidatesStale || nowMs >= this.#validUntilMs) this.#selectCandidates(nowMs);
    return this.#choose(nowMs, key);
  }

  #choose(nowMs: number, key: FlowKey | null): Backend | null {
    return this.#shards === null || key === null || !this.#shards.apply
      ? this.#pickOfAll(key)
      : this.#pickOfShard(this.#shards, key, nowMs);
  }

  #pickOfAll(key: FlowKey | null): Backend | null {
    if (this.#regime === "fail_open") this.#failedOpen++;
    return this.#policy.pick(key);
  }

  #pickOfShard(shards: Shards, key: FlowKey, nowMs: number): Backend | null {
    shards.enter(key);
    const isPrimary = this.#regime === "primary";
    const count = isPrimary ? shards.gather(this.#candidates) : 0;
    if (count > 0) return this.#policy.pickAmong(shards.found, count, key);
    if (shards.strict) {
      return isPrimary ? this.shardCounts.exhaust() : this.#failOpenIn(shards, key, nowMs);
    }
    const picked = this.#pickOfAll(key);
    if (picked !== null && !shards.holds(picked)) this.shardCounts.spilledOver++;
    return picked;
  }

  /** No other primary backend can serve either: the shard fails open by itself, without backups. */
  #failOpenIn(shards: Shards, key: FlowKey, nowMs: number): Backend | null {
    const count = shards.gatherTriable(nowMs);
    if (count === 0) return this.shardCounts.exhaust();
    this.#failedOpen++;
    return this.#policy.pickAmong(shards.found, count, key);
  }

  /**
   * The same as {@link pick} for whom no connection to `tried` could be made: while a healthy backend with none of their addresses
   * may be tried, it is one of those.
   */
  pickOther(tried: readonly Backend[], nowMs: number, key: FlowKey | null = null): Backend | null {
    const backend = this.pick(nowMs, key);
    if (backend === null || !sharesAddress(backend, tried)) return backend;
    if (!this.#selectHealthy(nowMs, tried)) return backend;
    // These candidates are good for one pick only.
    this.#candidatesStale = true;
    return this.#choose(nowMs, key);
  }

  /** The backend for which this sticky cookie was issued, if a connection to it may be opened now. */
  pickSticky(value: string, nowMs: number): Backend | null {
    return this.#sticky.pick(value, nowMs);
  }

  /** A connection to the backend is begun. */
  connectionOpened(backend: Backend): void {
    backend.connectionOpened();
  }

  /** A connection to the backend ended, or could not be made. Pairs with `connectionOpened`. */
  connectionClosed(backend: Backend): void {
    backend.connectionClosed();
    this.#closeWhenIdle(backend);
  }

  /**
   * A connection could not be made: begins or lengthens the backend's back-off. Of failures in a row the first
   * is told, with its `reason`.
   */
  connectFailed(backend: Backend, nowMs: number, reason: unknown = "unknown"): void {
    const wasAvailable = backend.available;
    const wasDown = backend.retry.down;
    const isFirst = backend.retry.tries === 0;
    if (!backend.retry.fail(nowMs, this.#random)) return;
    if (backend.status !== "normal") return;
    this.#candidatesStale = true;
    if (isFirst) this.#noteFailure(backend, reason);
    if (!wasDown && backend.retry.down) this.#notify({ kind: "backend_down", backend });
    this.#availabilityMayHaveChanged(backend, wasAvailable);
  }

  /** A connection was made, `durationMs` after it was begun: ends the backend's back-off. */
  connectSucceeded(backend: Backend, durationMs: number, nowMs: number): void {
    backend.observeConnectionTime(durationMs, nowMs);
    if (backend.retry.tries === 0) return;
    const wasAvailable = backend.available;
    const wasDown = backend.retry.down;
    backend.retry.succeed();
    if (backend.status !== "normal") return;
    this.#candidatesStale = true;
    if (wasDown) this.#notify({ kind: "backend_up", backend });
    this.#availabilityMayHaveChanged(backend, wasAvailable);
  }

  /** Records the result of a health probe. */
  recordProbe(backend: Backend, success: boolean, thresholds: HealthThresholds): void {
    if (backend.status !== "normal") return;
    const wasAvailable = backend.available;
    const transition = backend.health.record(success, thresholds);
    if (transition === null) return;
    this.#candidatesStale = true;
    const kind = transition === "became_healthy" ? "backend_healthy" : "backend_unhealthy";
    this.#notify({ kind, backend });
    this.#availabilityMayHaveChanged(backend, wasAvailable);
  }

  /** Probing stopped: every backend counts as healthy again. */
  resetHealth(): void {
    for (const backend of this.#members) {
      const wasAvailable = backend.available;
      backend.health.reset();
      if (!wasAvailable && backend.available) this.#available++;
    }
    this.#candidatesStale = true;
    this.#noteAvailability();
  }

  /** Hands over what became true since the last call. */
  takeNotifications(): readonly BackendNotification[] {
    if (this.#notifications.length === 0) return NO_NOTIFICATIONS;
    const taken = this.#notifications;
    this.#notifications = [];
    this.#failing.clear();
    return taken;
  }

  /** How often a backend was picked although none is healthy, since the last call. */
  takeFailedOpen(): number {
    const count = this.#failedOpen;
    this.#failedOpen = 0;
    return count;
  }

  /** The four steps of a selection, up to the list the policy chooses from. */
  #selectCandidates(nowMs: number): void {
    if (this.#selectHealthy(nowMs, NONE)) return;
    const untested = this.#members.filter((backend) => backend.retry.mayTry(nowMs));
    this.#useCandidates(untested, untested.length > 0 ? "fail_open" : "none");
  }

  /** The first two of those steps without the addresses of `tried`; false when they find nothing. */
  #selectHealthy(nowMs: number, tried: readonly Backend[]): boolean {
    const primaries: Backend[] = [];
    const backups: Backend[] = [];
    this.#validUntilMs = Number.POSITIVE_INFINITY;
    for (const backend of this.#members) {
      if (!backend.retry.mayTry(nowMs)) {
        this.#validUntilMs = Math.min(this.#validUntilMs, backend.retry.retryAtMs);
      } else if (backend.health.healthy && !sharesAddress(backend, tried)) {
        (backend.backup ? backups : primaries).push(backend);
      }
    }
    if (primaries.length > 0) this.#useCandidates(primaries, "primary");
    else if (backups.length > 0) this.#useCandidates(backups, "backup");
    return primaries.length + backups.length > 0;
  }

  #useCandidates(eligible: readonly Backend[], regime: Regime): void {
    const policy = this.#policy;
    const observer = ordersByLoad(policy) ? policy : null;
    for (const backend of this.#members) {
      backend.share.candidateIndex = -1;
      if (backend.loadObserver !== observer) backend.loadObserver = observer;
    }
    const candidates = this.#addresses.onePerAddress(eligible);
    for (const [index, { share }] of candidates.entries()) share.candidateIndex = index;
    this.#candidates = candidates;
    if (this.#membersStale) this.#tellMembers();
    policy.candidatesChanged(candidates);
    this.#regime = regime;
    this.#candidatesStale = false;
    if (regime === "fail_open") {
      if (!this.#failingOpen) this.#notify({ kind: "fail_open_entered" });
      this.#failingOpen = true;
    } else if (regime !== "none") {
      if (this.#failingOpen) this.#notify({ kind: "fail_open_left" });
      this.#failingOpen = false;
    }
  }

  #tellMembers(): void {
    this.#policy.membersChanged?.(this.#addresses.onePerAddress(this.#members));
    this.#shards?.membersChanged(this.#members);
    this.#membersStale = false;
  }

  #availabilityMayHaveChanged(backend: Backend, wasAvailable: boolean): void {
    if (backend.available === wasAvailable) return;
    this.#available += wasAvailable ? -1 : 1;
    this.#noteAvailability();
  }

  /** Tells when the last available backend went and when one came back; an empty set is neither. */
  #noteAvailability(): void {
    const total = this.#members.length;
    if (total === 0 || this.#allDown === (this.#available === 0)) return;
    this.#allDown = this.#available === 0;
    this.#notify(
      this.#allDown ? { kind: "no_available_backends", total } : { kind: "cluster_recovered" },
    );
  }

  #closeWhenIdle(backend: Backend): void {
    if (backend.status !== "closing" || backend.activeConnections > 0) return;
    backend.status = "closed";
    this.#notify({ kind: "removed_backend_has_no_connections", backend });
  }

  #noteFailure(backend: Backend, reason: unknown): void {
    if (this.#failing.has(backend)) return;
    this.#failing.add(backend);
    const text = reason instanceof Error ? reason.message : String(reason);
    this.#notify({ kind: "connect_failed", backend, reason: text });
  }

  #notify(notification: BackendNotification): void {
    this.#notifications.push(notification);
  }
}

function ordersByLoad(policy: Policy): policy is Policy & LoadObserver {
  return policy.loadChanged !== undefined;
}

function sharesAddress({ address }: Backend, others: readonly Backend[]): boolean {
  for (const other of others) if (other.address.text === address.text) return true;
  return false;
}

function pairKey(id: string, address: string): string {
  // Addresses hold no space, so the pair cannot be split in two ways.
  return `${address} ${id}`;
}
