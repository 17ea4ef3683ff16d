// Backends come and go, fail, recover and get loaded while time passes, and after every step the
// choice must be one that the definition allows, and what is told must be what became true.

import { deepEqual, equal, ok } from "node:assert/strict";
import { type Backend, LoadMetric, parseBackendAddress } from "../../src/balancing/backend.ts";
import { BackendSet, type Regime } from "../../src/balancing/backend_set.ts";
import { FlowHash } from "../../src/balancing/flow_hash.ts";
import { type FlowKey, flowKey } from "../../src/balancing/flows/flow_key.ts";
import { hrwScore } from "../../src/balancing/hrw.ts";
import { LoadBalancing } from "../../src/balancing/policy.ts";
import type { Sharding } from "../../src/balancing/shards.ts";
import { type SeededRandom, simulate } from "./seeded.ts";

const STEPS = 12_000;
const THRESHOLDS = { healthy: 2, unhealthy: 2 };

/** The four steps of a selection, read off the definition. */
function allowed(members: readonly Backend[], nowMs: number): { regime: Regime; from: Backend[] } {
  const mayTry = members.filter((backend) => nowMs >= backend.retry.retryAtMs);
  const healthy = mayTry.filter((backend) => backend.health.healthy);
  const primary = healthy.filter((backend) => !backend.backup);
  const backup = healthy.filter((backend) => backend.backup);
  if (primary.length > 0) return { regime: "primary", from: primary };
  if (backup.length > 0) return { regime: "backup", from: backup };
  return { regime: mayTry.length > 0 ? "fail_open" : "none", from: mayTry };
}

/** One of each address: the heaviest, the first of equals, where the first one stands. */
function onePerAddress(backends: readonly Backend[]): Backend[] {
  const byAddress = Map.groupBy(backends, ({ address }) => address.text);
  return [...byAddress.values()].map((ids) =>
    ids.toSorted((left, right) => right.weight - left.weight)[0] as Backend
  );
}

/** Addresses of the shard of a client, `null` where there are none: read off the definition. */
function shardOf(
  members: readonly Backend[],
  { percent, minimum }: Sharding,
  key: FlowKey,
): ReadonlySet<string> | null {
  const primary = onePerAddress(members.filter(({ backup }) => !backup));
  if (primary.length < minimum) return null;
  const hash = new FlowHash();
  hash.setKey(key);
  const scores = new Map(primary.map((backend) => [backend, hrwScore(hash, backend)]));
  const best = primary.toSorted((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0));
  const size = Math.max(2, Math.ceil(percent * primary.length / 100));
  return new Set(best.slice(0, size).map(({ address }) => address.text));
}

class BalancingSimulation {
  readonly #random: SeededRandom;
  readonly #set: BackendSet;
  /** What the set should hold, in order, and every backend that still has connections. */
  readonly #members: Backend[] = [];
  readonly #connected: Backend[] = [];
  #algorithm: number = LoadBalancing.RANDOM;
  #metric: number = LoadMetric.CONNECTIONS;
  #sharding: Sharding | null = null;
  #cursor = 0;
  /** What weighted turns owe each address. */
  readonly #owed = new Map<string, number>();
  #nowMs = 0;
  #failingOpen = false;
  #allDown = false;
  #closed = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#set = new BackendSet(() => random.next());
  }

  step(): void {
    this.#nowMs += this.#random.chance(0.3) ? this.#random.below(3000) : 0;
    this.#change();
    this.#checkMembers();
    this.#checkPick();
    this.#checkNotifications();
  }

  #change(): void {
    const random = this.#random;
    const actions: (() => void)[] = [
      () => this.#add(),
      () => this.#remove(),
      () => this.#fail(),
      () => this.#succeed(),
      () => this.#probe(),
      () => this.#open(),
      () => this.#close(),
      () => random.chance(0.1) ? this.#set.resetHealth() : undefined,
      () => random.chance(0.1) ? this.#setPolicy() : undefined,
    ];
    random.pick(actions)();
  }

  #add(): void {
    if (this.#members.length > 12 && this.#random.chance(0.7)) return;
    const port = 1 + this.#random.below(20);
    const address = parseBackendAddress(`127.0.0.1:${port}`);
    if (address === null) throw new Error("The simulation made an invalid address");
    const config = {
      id: this.#random.pick(["a", "b"]),
      address,
      stickyId: this.#random.chance(0.5) ? null : this.#random.pick(["s", "t", "a"]),
      weight: this.#random.pick([null, 0, 1, 100]),
      backup: this.#random.chance(0.2),
    };
    const known = this.#members.find((backend) =>
      backend.id === config.id && backend.address.text === address.text
    );
    const weight = config.weight ?? 100;
    if (known?.weight !== weight || known.backup !== config.backup) this.#owed.clear();
    const backend = this.#set.add(config, this.#nowMs);
    if (known === undefined) this.#members.push(backend);
    else equal(backend, known);
    equal(backend.stickyId, config.stickyId);
    equal(backend.backup, config.backup);
  }

  #remove(): void {
    if (this.#members.length === 0) {
      equal(this.#set.remove("a", "127.0.0.1:1"), null);
      return;
    }
    const backend = this.#random.pick(this.#members);
    equal(this.#set.remove(backend.id, backend.address.text), backend);
    this.#members.splice(this.#members.indexOf(backend), 1);
    this.#owed.clear();
    if (backend.activeConnections === 0) this.#closed++;
  }

  #fail(): void {
    const known = [...this.#members, ...this.#connected];
    if (known.length > 0) this.#set.connectFailed(this.#random.pick(known), this.#nowMs);
  }

  #succeed(): void {
    const known = [...this.#members, ...this.#connected];
    if (known.length === 0) return;
    const backend = this.#random.pick(known);
    this.#set.connectSucceeded(backend, this.#random.below(200), this.#nowMs);
  }

  #probe(): void {
    const success = this.#random.chance(0.4);
    for (const backend of this.#members) {
      if (this.#random.chance(0.7)) this.#set.recordProbe(backend, success, THRESHOLDS);
    }
  }

  #open(): void {
    if (this.#members.length === 0) return;
    const backend = this.#random.pick(this.#members);
    this.#set.connectionOpened(backend);
    if (this.#random.chance(0.5)) backend.requestStarted();
    this.#connected.push(backend);
  }

  #close(): void {
    if (this.#connected.length === 0) return;
    const at = this.#random.below(this.#connected.length);
    const [backend] = this.#connected.splice(at, 1);
    if (backend === undefined) return;
    this.#set.connectionClosed(backend);
    backend.requestEnded();
    if (!this.#members.includes(backend) && backend.activeConnections === 0) this.#closed++;
  }

  #setPolicy(): void {
    this.#algorithm = this.#random.below(6);
    this.#metric = this.#random.below(3);
    this.#cursor = 0;
    this.#owed.clear();
    this.#set.setPolicy(this.#algorithm, this.#metric);
    this.#sharding = this.#random.chance(0.5)
      ? null
      : { percent: 1 + this.#random.below(100), minimum: 3, strict: this.#random.chance(0.5) };
    this.#set.setSharding(this.#sharding);
  }

  #checkMembers(): void {
    deepEqual(this.#set.members.map(({ id }) => id), this.#members.map(({ id }) => id));
    this.#members.forEach((backend, index) => equal(this.#set.members[index], backend));
    equal(this.#set.availableCount, this.#members.filter((backend) => backend.available).length);
    for (const backend of new Set([...this.#members, ...this.#connected])) {
      const open = this.#connected.filter((other) => other === backend).length;
      equal(backend.activeConnections, open);
    }
    const sticky = this.#random.pick(["s", "t", "a", "b", "none"]);
    const first = this.#members.find((backend) =>
      (backend.stickyId ?? backend.id) === sticky && backend.canOpen(this.#nowMs)
    );
    equal(this.#set.pickSticky(sticky, this.#nowMs), first ?? null);
  }

  #checkPick(): void {
    const { regime, from } = allowed(this.#members, this.#nowMs);
    const key = this.#random.chance(0.4) ? flowKey(BigInt(this.#random.below(1000))) : null;
    const picked = this.#set.pick(this.#nowMs, key);
    equal(this.#set.regime, regime);
    const among = onePerAddress(this.#inShard(regime, from, key));
    const { spilledOver, exhausted } = this.#set.shardCounts;
    equal(exhausted, Number(among.length === 0 && this.#strictShard(key) !== null));
    const shard = this.#shard(key);
    const spills = shard !== null && picked !== null && !shard.has(picked.address.text);
    equal(spilledOver, Number(spills));
    this.#set.shardCounts.clear();
    equal(picked === null, among.length === 0);
    if (picked === null) return;
    ok(among.includes(picked));
    this.#checkPolicy(picked, among, key);
  }

  #shard(key: FlowKey | null): ReadonlySet<string> | null {
    if (this.#sharding === null || key === null) return null;
    return shardOf(this.#members, this.#sharding, key);
  }

  #strictShard(key: FlowKey | null): ReadonlySet<string> | null {
    return this.#sharding?.strict === true ? this.#shard(key) : null;
  }

  /** What is left of the usual candidates when the client has a shard. */
  #inShard(regime: Regime, from: Backend[], key: FlowKey | null): Backend[] {
    const shard = this.#shard(key);
    if (shard === null) return from;
    const inside = from.filter(({ address }) => shard.has(address.text));
    if (regime === "primary" && inside.length > 0) return this.#byAddress(inside);
    if (this.#strictShard(key) === null) return from;
    if (regime === "primary") return [];
    return this.#byAddress(
      this.#members.filter((backend) =>
        shard.has(backend.address.text) && !backend.backup &&
        this.#nowMs >= backend.retry.retryAtMs
      ),
    );
  }

  /** In the order in which the addresses got their first backend that is no backup. */
  #byAddress(backends: Backend[]): Backend[] {
    const primary = this.#members.filter(({ backup }) => !backup);
    const position = ({ address }: Backend) =>
      primary.findIndex((other) => other.address.text === address.text);
    return backends.toSorted((left, right) => position(left) - position(right));
  }

  #checkPolicy(picked: Backend, from: Backend[], key: FlowKey | null): void {
    const hashed = this.#algorithm === LoadBalancing.HRW ||
      this.#algorithm === LoadBalancing.MAGLEV;
    const takesTurns = this.#algorithm === LoadBalancing.ROUND_ROBIN || (hashed && key === null);
    if (takesTurns) {
      equal(picked, this.#turn(from));
    } else if (hashed) {
      equal(this.#set.pick(this.#nowMs, key), picked);
      this.#set.shardCounts.clear();
    } else if (this.#algorithm === LoadBalancing.RANDOM) {
      ok(picked.weight > 0 || from.every(({ weight }) => weight === 0));
    } else {
      this.#checkLoad(picked, from);
    }
  }

  #turn(from: Backend[]): Backend {
    const weights = from.map((backend) => Math.max(1, backend.weight));
    if (weights.every((weight) => weight === weights[0])) {
      const index = this.#cursor % from.length;
      this.#cursor = (this.#cursor + 1) % from.length;
      return from[index] as Backend;
    }
    const owed = from.map(({ address }, index) =>
      (this.#owed.get(address.text) ?? 0) + (weights[index] as number)
    );
    const best = owed.indexOf(Math.max(...owed));
    const total = weights.reduce((sum, weight) => sum + weight);
    from.forEach(({ address }, index) => {
      this.#owed.set(address.text, (owed[index] as number) - (index === best ? total : 0));
    });
    return from[best] as Backend;
  }

  #checkLoad(picked: Backend, from: Backend[]): void {
    const load = (backend: Backend) => this.#load(backend) / Math.max(1, backend.weight);
    const sorted = from.map(load).sort((left, right) => left - right);
    // The heaviest of all loses against whoever it is drawn with.
    const limit = this.#algorithm === LoadBalancing.LEAST_LOADED
      ? sorted[0]
      : sorted[Math.max(0, sorted.length - 2)];
    // Averages that decayed for long differ by less than a double can tell.
    ok(load(picked) <= (limit ?? 0) * (1 + 1e-9), `${load(picked)} is more than ${limit}`);
  }

  #load(backend: Backend): number {
    if (this.#metric === LoadMetric.CONNECTION_TIME) return backend.load(this.#metric, this.#nowMs);
    const ids = this.#members.filter(({ address }) => address.text === backend.address.text);
    return ids.reduce(
      (sum, { activeConnections, activeRequests }) =>
        sum + (this.#metric === LoadMetric.REQUESTS ? activeRequests : activeConnections),
      0,
    );
  }

  #checkNotifications(): void {
    const told = this.#set.takeNotifications().map(({ kind }) => kind);
    const count = (kind: string) => told.filter((other) => other === kind).length;
    const total = this.#members.length;
    const allDown = total === 0 ? this.#allDown : this.#set.availableCount === 0;
    // Within one step the last one may go only once; a step that resets many recovers only once.
    equal(
      count("no_available_backends") - count("cluster_recovered"),
      Number(allDown) - Number(this.#allDown),
    );
    ok(count("no_available_backends") + count("cluster_recovered") <= 1);
    this.#allDown = allDown;
    const regime = this.#set.regime;
    const failingOpen = regime === "none" ? this.#failingOpen : regime === "fail_open";
    equal(count("fail_open_entered"), Number(failingOpen && !this.#failingOpen));
    equal(count("fail_open_left"), Number(!failingOpen && this.#failingOpen));
    this.#failingOpen = failingOpen;
    equal(count("removed_backend_has_no_connections"), this.#closed);
    this.#closed = 0;
  }
}

Deno.test("BackendSet chooses and tells as defined while backends come, fail and go", () => {
  simulate((random) => {
    const simulation = new BalancingSimulation(random);
    for (let index = 0; index < STEPS; index++) simulation.step();
  });
});
