import { deepEqual, equal, ok } from "node:assert/strict";
import { type Backend, type BackendConfig, LoadMetric, parseBackendAddress } from "./backend.ts";
import { type BackendNotification, BackendSet } from "./backend_set.ts";
import { LoadBalancing } from "./policy.ts";

const ONCE = { healthy: 1, unhealthy: 1 };

function config(id: string, options: Partial<BackendConfig> = {}): BackendConfig {
  const address = parseBackendAddress(`127.0.0.1:${8000 + Number(id)}`);
  if (address === null) throw new Error("The test has an invalid address");
  return { id, address, stickyId: null, weight: null, backup: false, ...options };
}

function setOf(...configs: BackendConfig[]): BackendSet {
  const set = new BackendSet(() => 0);
  set.setPolicy(LoadBalancing.ROUND_ROBIN, LoadMetric.CONNECTIONS);
  for (const added of configs) set.add(added, 0);
  return set;
}

function member(set: BackendSet, id: string): Backend {
  const backend = set.members.find((candidate) => candidate.id === id);
  if (backend === undefined) throw new Error(`No backend "${id}"`);
  return backend;
}

function kinds(notifications: readonly BackendNotification[]): string[] {
  return notifications.map(({ kind }) => kind);
}

function picks(set: BackendSet, count: number, nowMs = 0): (string | undefined)[] {
  return Array.from({ length: count }, () => set.pick(nowMs)?.id);
}

Deno.test("BackendSet.pick() finds a backend, and nothing in an empty set", () => {
  equal(setOf(config("1")).pick(0)?.id, "1");
  const empty = setOf();
  equal(empty.pick(0), null);
  equal(empty.regime, "none");
  deepEqual(empty.takeNotifications(), []);
});

Deno.test("BackendSet.add() adds a new pair and updates a known one", () => {
  const set = setOf(config("1"));
  const known = member(set, "1");
  known.connectionOpened();
  set.connectFailed(known, 0);
  equal(set.add(config("1", { weight: 7, stickyId: "s", backup: true }), 5), known);
  equal(set.size, 1);
  equal(known.weight, 7);
  equal(known.backup, true);
  equal(known.activeConnections, 1);
  equal(known.retry.tries, 1);
  equal(set.pickSticky("s", 1000), known);
  const sameAddress = config("2", { address: config("1").address });
  ok(set.add(sameAddress, 0) !== known);
  equal(set.size, 2);
});

Deno.test("BackendSet.remove() takes out exactly one pair, and a second time nothing", () => {
  const address = config("1").address;
  const set = setOf(config("1"), config("2", { address }));
  equal(set.remove("1", address.text)?.id, "1");
  equal(set.remove("1", address.text), null);
  deepEqual(picks(set, 2), ["2", "2"]);
  equal(set.get("2", address.text)?.id, "2");
  equal(set.get("1", address.text), null);
});

Deno.test("BackendSet.remove() in any order ends with an empty set", () => {
  for (const order of [["1", "2", "3"], ["3", "1", "2"], ["2", "3", "1"]]) {
    const set = setOf(config("1"), config("2"), config("3"));
    for (const id of order) ok(set.remove(id, config(id).address.text) !== null);
    equal(set.size, 0);
    equal(set.availableCount, 0);
    equal(set.pick(0), null);
  }
});

Deno.test("BackendSet tells when a removed backend has no connection left", () => {
  const set = setOf(config("1"), config("2"));
  const busy = member(set, "1");
  set.connectionOpened(busy);
  set.remove("1", busy.address.text);
  equal(busy.status, "closing");
  deepEqual(set.takeNotifications(), []);
  set.connectionClosed(busy);
  equal(busy.status, "closed");
  deepEqual(kinds(set.takeNotifications()), ["removed_backend_has_no_connections"]);
  set.remove("2", config("2").address.text);
  deepEqual(kinds(set.takeNotifications()), ["removed_backend_has_no_connections"]);
});

Deno.test("BackendSet.pick() never uses a removed backend again, whatever happens to it", () => {
  const set = setOf(config("1"), config("2"));
  const removed = member(set, "1");
  set.connectionOpened(removed);
  set.remove("1", removed.address.text);
  set.connectSucceeded(removed, 1, 0);
  set.connectFailed(removed, 0);
  set.recordProbe(removed, false, ONCE);
  deepEqual(picks(set, 3), ["2", "2", "2"]);
  deepEqual(set.takeNotifications(), []);
  equal(set.availableCount, 1);
});

Deno.test("BackendSet.pick() skips a backend while it waits and takes it back afterwards", () => {
  const set = setOf(config("1"), config("2"));
  set.connectFailed(member(set, "1"), 0);
  deepEqual(picks(set, 3, 999), ["2", "2", "2"]);
  deepEqual(new Set(picks(set, 4, 1000)), new Set(["1", "2"]));
});

Deno.test("BackendSet.pick() takes a backend back at once after a success", () => {
  const set = setOf(config("1"), config("2"));
  set.connectFailed(member(set, "1"), 0);
  deepEqual(picks(set, 2), ["2", "2"]);
  set.connectSucceeded(member(set, "1"), 3, 0);
  deepEqual(new Set(picks(set, 2)), new Set(["1", "2"]));
});

Deno.test("BackendSet.pick() uses backups only when no other backend can be", () => {
  const set = setOf(config("1"), config("2", { backup: true }));
  deepEqual(picks(set, 2), ["1", "1"]);
  equal(set.regime, "primary");
  set.recordProbe(member(set, "1"), false, ONCE);
  deepEqual(picks(set, 2), ["2", "2"]);
  equal(set.regime, "backup");
  set.recordProbe(member(set, "1"), true, ONCE);
  deepEqual(picks(set, 2), ["1", "1"]);
});

Deno.test("BackendSet.pick() fails open to unhealthy backends that may be tried", () => {
  const set = setOf(config("1"), config("2"), config("3", { backup: true }));
  for (const backend of set.members) set.recordProbe(backend, false, ONCE);
  set.connectFailed(member(set, "1"), 0);
  deepEqual(new Set(picks(set, 4)), new Set(["2", "3"]));
  equal(set.regime, "fail_open");
});

Deno.test("BackendSet.pick() finds nothing when all are unhealthy and wait", () => {
  const set = setOf(config("1"), config("2"));
  for (const backend of set.members) {
    set.recordProbe(backend, false, ONCE);
    set.connectFailed(backend, 0);
  }
  set.takeNotifications();
  equal(set.pick(0), null);
  equal(set.regime, "none");
  deepEqual(set.takeNotifications(), []);
});

Deno.test("BackendSet tells once that it fails open and once that it does no more", () => {
  const set = setOf(config("1"));
  const only = member(set, "1");
  set.recordProbe(only, false, ONCE);
  set.takeNotifications();
  set.pick(0);
  set.pick(1);
  set.connectFailed(only, 1);
  set.pick(2);
  set.pick(2000);
  deepEqual(kinds(set.takeNotifications()), ["fail_open_entered", "connect_failed"]);
  set.recordProbe(only, true, ONCE);
  set.takeNotifications();
  set.pick(2000);
  set.pick(2000);
  deepEqual(kinds(set.takeNotifications()), ["fail_open_left"]);
});

Deno.test("BackendSet tells when a backend goes down and when it is up again", () => {
  const set = setOf(config("1"), config("2"));
  const failing = member(set, "1");
  for (let failure = 1; failure <= 8; failure++) set.connectFailed(failing, failure * 100_000);
  deepEqual(kinds(set.takeNotifications()), ["connect_failed", "backend_down"]);
  equal(set.availableCount, 1);
  set.connectSucceeded(failing, 1, 900_000);
  set.connectSucceeded(failing, 1, 900_001);
  deepEqual(kinds(set.takeNotifications()), ["backend_up"]);
  equal(set.availableCount, 2);
});

Deno.test("BackendSet tells once when the last available backend goes and when one comes back", () => {
  const set = setOf(config("1"), config("2"));
  for (const backend of set.members) set.recordProbe(backend, false, ONCE);
  deepEqual(set.takeNotifications().filter(({ kind }) => kind === "no_available_backends"), [
    { kind: "no_available_backends", total: 2 },
  ]);
  equal(set.availableCount, 0);
  for (const backend of set.members) set.recordProbe(backend, false, ONCE);
  deepEqual(set.takeNotifications(), []);
  for (const backend of set.members) set.recordProbe(backend, true, ONCE);
  deepEqual(kinds(set.takeNotifications()), [
    "backend_healthy",
    "cluster_recovered",
    "backend_healthy",
  ]);
});

Deno.test("BackendSet without backends is never all down", () => {
  const set = setOf(config("1"));
  set.remove("1", config("1").address.text);
  deepEqual(kinds(set.takeNotifications()), ["removed_backend_has_no_connections"]);
  equal(set.availableCount, 0);
});

Deno.test("BackendSet.resetHealth() makes every backend healthy and tells of the recovery", () => {
  const set = setOf(config("1"), config("2"));
  for (const backend of set.members) set.recordProbe(backend, false, ONCE);
  set.takeNotifications();
  set.resetHealth();
  equal(set.availableCount, 2);
  deepEqual(kinds(set.takeNotifications()), ["cluster_recovered"]);
  set.pick(0);
  equal(set.regime, "primary");
});

Deno.test("BackendSet.pickSticky() matches the value that was issued", () => {
  const set = setOf(config("1", { stickyId: "one" }), config("2"), config("3", { backup: true }));
  for (const backend of set.members) equal(set.pickSticky(backend.stickyValue, 0), backend);
  equal(set.pickSticky("1", 0), null);
  equal(set.pickSticky("unknown", 0), null);
  equal(setOf().pickSticky("1", 0), null);
});

Deno.test("BackendSet.pickSticky() passes over a backend that cannot be opened", () => {
  const set = setOf(config("1", { stickyId: "s" }), config("2", { stickyId: "s" }), config("3"));
  set.connectFailed(member(set, "1"), 0);
  equal(set.pickSticky("s", 0)?.id, "2");
  equal(set.pickSticky("s", 1000)?.id, "1");
  set.recordProbe(member(set, "3"), false, ONCE);
  equal(set.pickSticky("3", 0), null);
});

Deno.test("BackendSet.pickSticky() follows a changed sticky id", () => {
  const set = setOf(config("1", { stickyId: "old" }), config("2", { stickyId: "new" }));
  set.add(config("1", { stickyId: "new" }), 0);
  equal(set.pickSticky("old", 0), null);
  equal(set.pickSticky("new", 0)?.id, "1");
  set.remove("1", config("1").address.text);
  equal(set.pickSticky("new", 0)?.id, "2");
});

Deno.test("BackendSet.setPolicy() restarts the round robin", () => {
  const set = setOf(config("1"), config("2"));
  deepEqual(picks(set, 3), ["1", "2", "1"]);
  set.setPolicy(LoadBalancing.ROUND_ROBIN, LoadMetric.CONNECTIONS);
  deepEqual(picks(set, 2), ["1", "2"]);
});

Deno.test("BackendSet follows loads through its policy", () => {
  const set = setOf(config("1"), config("2"), config("3"));
  set.setPolicy(LoadBalancing.LEAST_LOADED, LoadMetric.CONNECTIONS);
  const used = [0, 0, 0].map(() => {
    const backend = set.pick(0);
    if (backend !== null) set.connectionOpened(backend);
    return backend?.id;
  });
  deepEqual(used, ["1", "2", "3"]);
  set.connectionClosed(member(set, "3"));
  equal(set.pick(0)?.id, "3");
});
