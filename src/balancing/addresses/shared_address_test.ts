// Backends that share an address are one server for all that spreads load.

import { deepEqual, equal, ok } from "node:assert/strict";
import { type Backend, type BackendConfig, LoadMetric, parseBackendAddress } from "../backend.ts";
import { BackendSet } from "../backend_set.ts";
import { flowKey } from "../flows/flow_key.ts";
import { LoadBalancing } from "../policy.ts";

const ONCE = { healthy: 1, unhealthy: 1 };

function config(id: string, port: number, options: Partial<BackendConfig> = {}): BackendConfig {
  const address = parseBackendAddress(`127.0.0.1:${port}`);
  if (address === null) throw new Error("The test has an invalid address");
  return { id, address, stickyId: null, weight: null, backup: false, ...options };
}

function sequence(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function setOf(algorithm: number, ...configs: BackendConfig[]): BackendSet {
  const set = new BackendSet(sequence());
  set.setPolicy(algorithm, LoadMetric.CONNECTIONS);
  for (const added of configs) set.add(added, 0);
  return set;
}

function member(set: BackendSet, id: string): Backend {
  const backend = set.members.find((candidate) => candidate.id === id);
  if (backend === undefined) throw new Error(`No backend "${id}"`);
  return backend;
}

for (const [name, algorithm] of Object.entries(LoadBalancing)) {
  Deno.test(`${name} gives an address with three ids the share of one backend`, () => {
    const set = setOf(algorithm, config("a", 1), config("b", 2), config("c", 2), config("d", 2));
    const ids = new Map<string | undefined, number>();
    const random = sequence();
    for (let index = 0; index < 4000; index++) {
      const key = { high: (random() * 2 ** 32) >>> 0, low: (random() * 2 ** 32) >>> 0 };
      const id = set.pick(0, key)?.id;
      ids.set(id, (ids.get(id) ?? 0) + 1);
      // Load decides where it counts: it is left as it is found half of the time.
      if (index % 2 === 0) set.pick(0, key)?.connectionOpened();
    }
    deepEqual([...ids.keys()].sort(), ["a", "b"]);
    ok(Math.abs((ids.get("a") ?? 0) - 2000) < 300, `${ids.get("a")} of 4000`);
  });
}

Deno.test("the heaviest id stands for its address, the first of equals", () => {
  const one = config("a", 1, { weight: 10 });
  const heavy = config("b", 1, { weight: 30 });
  const set = setOf(LoadBalancing.ROUND_ROBIN, one, heavy, config("c", 2, { weight: 10 }));
  const picks = Array.from({ length: 4 }, () => set.pick(0)?.id);
  deepEqual(picks.toSorted(), ["b", "b", "b", "c"]);
  set.add({ ...heavy, weight: 10 }, 0);
  deepEqual([set.pick(0)?.id, set.pick(0)?.id].toSorted(), ["a", "c"]);
});

Deno.test("an id that cannot be used yields to another one at its address", () => {
  for (const algorithm of Object.values(LoadBalancing)) {
    const set = setOf(algorithm, config("a", 1), config("b", 1));
    equal(set.pick(0, flowKey(1n))?.id, "a");
    set.connectFailed(member(set, "a"), 0);
    equal(set.pick(0, flowKey(1n))?.id, "b");
    set.recordProbe(member(set, "b"), false, ONCE);
    equal(set.pick(0, flowKey(1n))?.id, "b", "it fails open");
    equal(set.pick(1000, flowKey(1n))?.id, "a");
  }
});

Deno.test("the load of an address is that of all its ids", () => {
  const set = setOf(LoadBalancing.LEAST_LOADED, config("a", 1), config("b", 1), config("c", 2));
  equal(set.pick(0)?.id, "a");
  set.connectionOpened(member(set, "b"));
  equal(set.pick(0)?.id, "c");
  set.connectionOpened(member(set, "c"));
  set.connectionOpened(member(set, "c"));
  equal(set.pick(0)?.id, "a");
  const added = set.add(config("d", 1), 0);
  set.connectionOpened(added);
  set.connectionOpened(added);
  equal(set.pick(0)?.id, "c");
  equal(member(set, "a").load(LoadMetric.CONNECTIONS, 0), 3);
});

Deno.test("a removed id takes its load along, and the others at its address stay", () => {
  const set = setOf(LoadBalancing.LEAST_LOADED, config("a", 1), config("b", 1), config("c", 2));
  const gone = member(set, "a");
  for (let count = 0; count < 3; count++) set.connectionOpened(gone);
  set.connectionOpened(member(set, "b"));
  set.connectionOpened(member(set, "c"));
  set.connectionOpened(member(set, "c"));
  equal(set.pick(0)?.id, "c");
  set.remove("a", "127.0.0.1:1");
  equal(set.pick(0)?.id, "b");
  for (let count = 0; count < 3; count++) set.connectionClosed(gone);
  equal(gone.status, "closed");
  equal(member(set, "b").share.activeConnections, 1);
});

Deno.test("MAGLEV gives an address the slots of one backend", () => {
  const shared = setOf(LoadBalancing.MAGLEV, config("a", 1), config("b", 1), config("c", 2));
  const plain = setOf(LoadBalancing.MAGLEV, config("a", 1), config("c", 2));
  for (let key = 0n; key < 2000n; key++) {
    equal(shared.pick(0, flowKey(key * 7919n))?.id, plain.pick(0, flowKey(key * 7919n))?.id);
  }
});

Deno.test("a backup at the address of a primary backend is a backup still", () => {
  const set = setOf(
    LoadBalancing.ROUND_ROBIN,
    config("a", 1, { weight: 1 }),
    config("b", 1, { backup: true }),
  );
  equal(set.pick(0)?.id, "a");
  set.recordProbe(member(set, "a"), false, ONCE);
  equal(set.pick(0)?.id, "b");
});
