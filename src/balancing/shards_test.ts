import { deepEqual, equal, ok } from "node:assert/strict";
import { type Backend, type BackendConfig, LoadMetric, parseBackendAddress } from "./backend.ts";
import { BackendSet } from "./backend_set.ts";
import { FlowHash } from "./flow_hash.ts";
import { type FlowKey, flowKey } from "./flows/flow_key.ts";
import { hrwScore } from "./hrw.ts";
import { LoadBalancing } from "./policy.ts";
import { type Sharding, shardSize } from "./shards.ts";

const ONCE = { healthy: 1, unhealthy: 1 };
const QUARTER: Sharding = { percent: 25, minimum: 8, strict: false };
const STRICT: Sharding = { ...QUARTER, strict: true };
const CLIENTS = Array.from({ length: 60 }, (_, index) => flowKey(BigInt(index) * 0x9e3779b97f4an));

function config(id: number, options: Partial<BackendConfig> = {}): BackendConfig {
  const address = parseBackendAddress(`127.0.0.1:${8000 + id}`);
  if (address === null) throw new Error("The test has an invalid address");
  return { id: `${id}`, address, stickyId: null, weight: null, backup: false, ...options };
}

function setOf(count: number, sharding: Sharding, algorithm: number = 0): BackendSet {
  const set = new BackendSet(Math.random);
  set.setPolicy(algorithm, LoadMetric.CONNECTIONS);
  set.setSharding(sharding);
  for (let id = 0; id < count; id++) set.add(config(id), 0);
  return set;
}

/** Ids in the order of their scores for the client, best first. */
function ranking(set: BackendSet, key: FlowKey): string[] {
  const hash = new FlowHash();
  hash.setKey(key);
  const scores = new Map(set.members.map((backend) => [backend.id, hrwScore(hash, backend)]));
  return [...scores.keys()].sort((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0));
}

/** Which backends the client gets in very many choices. */
function seen(set: BackendSet, key: FlowKey, nowMs = 0): string[] {
  const ids = new Set<string>();
  for (let count = 0; count < 60; count++) {
    const backend = set.pick(nowMs, key);
    if (backend !== null) ids.add(backend.id);
  }
  return [...ids].sort();
}

function member(set: BackendSet, id: string | undefined): Backend {
  const backend = set.members.find((candidate) => candidate.id === id);
  if (backend === undefined) throw new Error(`No backend "${id}"`);
  return backend;
}

function sicken(set: BackendSet, ids: readonly string[]): void {
  for (const id of ids) set.recordProbe(member(set, id), false, ONCE);
}

Deno.test("shardSize() is a percentage rounded up, at least two and at most all", () => {
  deepEqual(
    [[1, 8], [25, 8], [26, 8], [100, 8], [10, 101], [50, 2]].map(([percent, count]) =>
      shardSize(percent as number, count as number)
    ),
    [2, 2, 3, 8, 11, 2],
  );
  equal(shardSize(1, 1), 1);
});

for (const [name, algorithm] of Object.entries(LoadBalancing)) {
  Deno.test(`${name} stays inside of the shard of the client`, () => {
    const set = setOf(12, QUARTER, algorithm);
    for (const key of CLIENTS) {
      const shard = ranking(set, key).slice(0, 3);
      const ids = seen(set, key);
      ok(ids.length > 0 && ids.every((id) => shard.includes(id)), `${ids} of ${shard}`);
      if (algorithm <= LoadBalancing.RANDOM) deepEqual(ids, shard.sort());
    }
    deepEqual(set.shardCounts.spilledOver, 0);
    equal(seen(set, CLIENTS[0] as FlowKey).length > 0, true);
  });
}

Deno.test("a client without a key, and a small cluster, have no shard", () => {
  const set = setOf(8, QUARTER);
  const ids = new Set(Array.from({ length: 8 }, () => set.pick(0)?.id));
  equal(ids.size, 8);
  const small = setOf(7, QUARTER);
  equal(seen(small, CLIENTS[0] as FlowKey).length, 7);
  small.add(config(7, { backup: true }), 0);
  equal(seen(small, CLIENTS[0] as FlowKey).length, 7, "a backup does not count");
  small.add(config(8), 0);
  equal(seen(small, CLIENTS[0] as FlowKey).length, 2);
  small.setSharding(null);
  equal(seen(small, CLIENTS[0] as FlowKey).length, 8);
});

Deno.test("shards change only at their tail when a backend comes or goes", () => {
  const set = setOf(16, QUARTER);
  const before = CLIENTS.map((key) => seen(set, key));
  set.add(config(16), 0);
  for (const [index, key] of CLIENTS.entries()) {
    const after = seen(set, key);
    equal(after.length, 5);
    ok((before[index] ?? []).every((id) => after.includes(id)) || after.includes("16"));
    const left = (before[index] ?? []).filter((id) => !after.includes(id));
    equal(left.length, 0);
  }
  set.remove("16", "127.0.0.1:8016");
  set.remove("3", "127.0.0.1:8003");
  for (const [index, key] of CLIENTS.entries()) {
    const after = seen(set, key);
    const left = (before[index] ?? []).filter((id) => !after.includes(id));
    deepEqual(left, (before[index] ?? []).includes("3") ? ["3"] : []);
  }
});

Deno.test("a shard with one backend left uses that one", () => {
  for (const sharding of [QUARTER, STRICT]) {
    const set = setOf(8, sharding);
    const [key] = CLIENTS as [FlowKey];
    const [first = "", second = ""] = ranking(set, key);
    sicken(set, [first]);
    deepEqual(seen(set, key), [second]);
    equal(set.shardCounts.exhausted + set.shardCounts.spilledOver, 0);
  }
});

Deno.test("an exhausted shard spills over, or refuses where it is strict, and both are counted", () => {
  const [key] = CLIENTS as [FlowKey];
  const fallback = setOf(8, QUARTER);
  const shard = ranking(fallback, key).slice(0, 2);
  sicken(fallback, shard);
  const ids = seen(fallback, key);
  deepEqual(ids, ranking(fallback, key).slice(2).sort());
  equal(fallback.shardCounts.spilledOver, 60);
  equal(fallback.shardCounts.exhausted, 0);

  const strict = setOf(8, STRICT);
  sicken(strict, shard);
  deepEqual(seen(strict, key), []);
  equal(strict.shardCounts.exhausted, 60);
  equal(strict.takeFailedOpen(), 0);
  const other = CLIENTS.find((client) =>
    ranking(strict, client).slice(0, 2).every((id) => !shard.includes(id))
  );
  ok(other !== undefined);
  equal(seen(strict, other).length, 2, "others are served");
  strict.shardCounts.clear();
  equal(strict.shardCounts.exhausted, 0);
});

Deno.test("a shard whose connections fail is exhausted until a wait is over", () => {
  const [key] = CLIENTS as [FlowKey];
  const set = setOf(8, STRICT);
  const shard = ranking(set, key).slice(0, 2);
  for (const id of shard) set.connectFailed(member(set, id), 0);
  equal(set.pick(500, key), null);
  ok(shard.includes(set.pick(1000, key)?.id ?? ""));
});

Deno.test("a strict shard fails open inside of itself when no primary backend is healthy", () => {
  const [key] = CLIENTS as [FlowKey];
  const set = setOf(8, STRICT);
  const shard = ranking(set, key).slice(0, 2).sort();
  set.add(config(50, { backup: true }), 0);
  sicken(set, ["0", "1", "2", "3", "4", "5", "6", "7"]);
  deepEqual(seen(set, key), shard, "a healthy backup makes no refusal of it");
  equal(set.takeFailedOpen(), 60);
  equal(set.shardCounts.exhausted, 0);
  for (const id of shard) set.connectFailed(member(set, id), 0);
  equal(set.pick(0, key), null);
  equal(set.shardCounts.exhausted, 1);
});

Deno.test("a fallback to backups spills over, and failing open inside of the shard does not", () => {
  const [key] = CLIENTS as [FlowKey];
  const set = setOf(8, { ...QUARTER, percent: 100 });
  sicken(set, ["0", "1", "2", "3", "4", "5", "6", "7"]);
  equal(seen(set, key).length, 8);
  equal(set.takeFailedOpen(), 60);
  equal(set.shardCounts.spilledOver, 0);
  set.add(config(50, { backup: true }), 0);
  deepEqual(seen(set, key), ["50"]);
  equal(set.shardCounts.spilledOver, 60);
});

Deno.test("a backup at an address of the shard belongs to it", () => {
  const [key] = CLIENTS as [FlowKey];
  const set = setOf(8, QUARTER);
  const [first = ""] = ranking(set, key);
  set.add({ ...config(Number(first)), id: "spare", backup: true }, 0);
  sicken(set, ["0", "1", "2", "3", "4", "5", "6", "7"]);
  deepEqual(seen(set, key), ["spare"]);
  equal(set.shardCounts.spilledOver, 0);
});

Deno.test("a shard counts an address once and holds all its ids", () => {
  const [key] = CLIENTS as [FlowKey];
  const set = setOf(8, STRICT);
  const shard = ranking(set, key).slice(0, 2).sort();
  const [first = ""] = shard;
  set.add({ ...config(Number(first)), id: "twin" }, 0);
  set.add({ ...config(Number(first)), id: "triplet" }, 0);
  deepEqual(seen(set, key), shard);
  sicken(set, [first]);
  deepEqual(seen(set, key), shard.map((id) => id === first ? "twin" : id).sort());
});

Deno.test("a sticky backend outside of the shard is followed", () => {
  const [key] = CLIENTS as [FlowKey];
  const set = setOf(8, STRICT);
  const outside = ranking(set, key).at(-1) ?? "";
  equal(set.pickSticky(outside, 0)?.id, outside);
});

Deno.test("a set with shards wants the keys of flows", () => {
  const set = setOf(8, QUARTER);
  equal(set.keyed, true);
  set.setSharding(null);
  equal(set.keyed, false);
  set.setPolicy(LoadBalancing.HRW, 0);
  equal(set.keyed, true);
});
