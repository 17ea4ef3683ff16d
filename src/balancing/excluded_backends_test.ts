import assert from "node:assert/strict";
import { type Backend, LoadMetric, parseBackendAddress } from "./backend.ts";
import { BackendSet } from "./backend_set.ts";
import { flowKey } from "./flows/flow_key.ts";
import { LoadBalancing } from "./policy.ts";

const POLICIES = Object.values(LoadBalancing);

function setOf(algorithm: number, ...addresses: string[]): BackendSet {
  const set = new BackendSet(() => 0.3);
  set.setPolicy(algorithm, LoadMetric.CONNECTIONS);
  addresses.forEach((text, index) => add(set, `b-${index}`, text));
  return set;
}

function add(set: BackendSet, id: string, text: string, backup = false): Backend {
  const address = parseBackendAddress(text);
  assert.ok(address !== null);
  return set.add({ id, address, stickyId: null, weight: null, backup }, 0);
}

function idsOf(set: BackendSet, tried: readonly Backend[]): string[] {
  const ids = Array.from(
    { length: 40 },
    (_, at) => set.pickOther(tried, 0, flowKey(BigInt(at)))?.id ?? "",
  );
  return [...new Set(ids)].sort();
}

Deno.test("pickOther() picks no address that was tried, whatever the policy", () => {
  for (const algorithm of POLICIES) {
    const set = setOf(algorithm, "192.0.2.1:80", "192.0.2.2:80", "192.0.2.2:80", "192.0.2.3:80");
    const [, second] = set.members;
    assert.ok(second !== undefined);
    const ids = idsOf(set, [second]);
    assert.ok(!ids.includes("b-1") && !ids.includes("b-2"), `${algorithm}: ${ids}`);
    assert.ok(ids.every((id) => id !== ""), `${algorithm}: ${ids}`);
  }
});

Deno.test("pickOther() picks like pick() when nothing or everything was tried", () => {
  for (const algorithm of POLICIES) {
    for (const all of [false, true]) {
      const set = setOf(algorithm, "192.0.2.1:80", "192.0.2.2:80");
      const plain = setOf(algorithm, "192.0.2.1:80", "192.0.2.2:80");
      const tried = all ? set.members : [];
      for (let at = 0; at < 10; at++) {
        const key = flowKey(BigInt(at * 7919));
        assert.equal(set.pickOther(tried, 0, key)?.id, plain.pick(0, key)?.id, `${algorithm}`);
      }
    }
  }
});

Deno.test("pickOther() goes to a backup rather than to what was tried", () => {
  const set = setOf(LoadBalancing.ROUND_ROBIN, "192.0.2.1:80");
  add(set, "backup", "192.0.2.9:80", true);
  const [first] = set.members;
  assert.ok(first !== undefined);
  assert.equal(set.pickOther([first], 0)?.id, "backup");
  assert.equal(set.pick(0), first, "others still have it");
  assert.equal(set.regime, "primary");
});
