// One suite for what every policy owes, then what is particular to each.

import { deepEqual, equal, ok } from "node:assert/strict";
import { Backend, LoadMetric, parseBackendAddress } from "./backend.ts";
import { type FlowKey, flowKey } from "./flows/flow_key.ts";
import { Maglev, nextPrime } from "./maglev.ts";
import { createPolicy } from "./policies.ts";
import { LoadBalancing, type Policy } from "./policy.ts";

interface BackendOptions {
  readonly weight?: number;
  readonly address?: string;
}

function backend(index: number, options: BackendOptions = {}): Backend {
  const address = parseBackendAddress(options.address ?? `10.0.${index >> 8}.${index & 255}:80`);
  if (address === null) throw new Error("The test has an invalid address");
  const weight = options.weight ?? null;
  return new Backend({ id: `b${index}`, address, stickyId: null, weight, backup: false }, 0);
}

function backends(count: number): Backend[] {
  return Array.from({ length: count }, (_, index) => backend(index));
}

/** Hands over candidates as a backend set does. */
function offer(policy: Policy, members: readonly Backend[], candidates = members): void {
  for (const member of members) member.share.candidateIndex = candidates.indexOf(member);
  for (const member of members) {
    member.loadObserver = { loadChanged: (changed) => policy.loadChanged?.(changed) };
  }
  policy.membersChanged?.(members);
  policy.candidatesChanged(candidates);
}

/** Numbers in [0, 1) in a fixed order. */
function sequence(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function idsOf(policy: Policy, count: number): (string | undefined)[] {
  return Array.from({ length: count }, () => policy.pick(null)?.id);
}

for (const [name, algorithm] of Object.entries(LoadBalancing)) {
  const make = () => createPolicy(algorithm, LoadMetric.CONNECTIONS, sequence());

  Deno.test(`${name} picks nothing of nothing`, () => {
    const policy = make();
    equal(policy.pick(null), null);
    offer(policy, []);
    equal(policy.pick(null), null);
    equal(policy.pick(flowKey(7n)), null);
    equal(policy.pickAmong([], 0, flowKey(7n)), null);
  });

  Deno.test(`${name} picks the only candidate, with and without a key`, () => {
    const policy = make();
    const members = backends(3);
    offer(policy, members, members.slice(1, 2));
    for (const key of [null, flowKey(0n), flowKey(2n ** 64n - 1n)]) {
      equal(policy.pick(key), members[1]);
    }
  });

  Deno.test(`${name} picks candidates only, while they come and go`, () => {
    const policy = make();
    const random = sequence(7);
    const members = backends(9);
    for (let round = 0; round < 50; round++) {
      const candidates = members.filter(() => random() < 0.5);
      offer(policy, members, candidates);
      for (let pick = 0; pick < 20; pick++) {
        const picked = policy.pick(pick % 2 === 0 ? null : flowKey(BigInt(pick)));
        equal(picked === null, candidates.length === 0);
        if (picked !== null) ok(candidates.includes(picked));
        picked?.connectionOpened();
      }
    }
  });

  Deno.test(`${name} uses every one of equal candidates`, () => {
    const policy = make();
    const members = backends(5);
    offer(policy, members);
    const used = new Set<Backend | null>();
    for (let pick = 0; pick < 200; pick++) {
      const picked = policy.pick(null);
      picked?.connectionOpened();
      used.add(picked);
    }
    equal(used.size, 5);
  });
}

Deno.test("ROUND_ROBIN follows the order and goes on when the list gets shorter", () => {
  const policy = createPolicy(LoadBalancing.ROUND_ROBIN, 0, sequence());
  const members = backends(3);
  offer(policy, members);
  deepEqual(idsOf(policy, 5), ["b0", "b1", "b2", "b0", "b1"]);
  offer(policy, members.slice(0, 2));
  deepEqual(idsOf(policy, 3), ["b0", "b1", "b0"]);
});

Deno.test("RANDOM draws in proportion to the weights and never a weight of zero", () => {
  const policy = createPolicy(LoadBalancing.RANDOM, 0, sequence());
  const members = [1, 0, 3].map((weight, index) => backend(index, { weight }));
  offer(policy, members);
  const picks = idsOf(policy, 8000);
  const share = (id: string) => picks.filter((picked) => picked === id).length / picks.length;
  equal(share("b1"), 0);
  ok(Math.abs(share("b0") - 0.25) < 0.03);
  ok(Math.abs(share("b2") - 0.75) < 0.03);
});

Deno.test("RANDOM is uniform when all weights are zero or one is negative", () => {
  for (const weights of [[0, 0], [-1, 1000]]) {
    const policy = createPolicy(LoadBalancing.RANDOM, 0, sequence());
    offer(policy, weights.map((weight, index) => backend(index, { weight })));
    const first = idsOf(policy, 4000).filter((id) => id === "b0").length;
    ok(Math.abs(first / 4000 - 0.5) < 0.05);
  }
});

Deno.test("LEAST_LOADED picks the fewest connections, the first of equals", () => {
  const policy = createPolicy(LoadBalancing.LEAST_LOADED, LoadMetric.CONNECTIONS, sequence());
  const members = backends(3);
  members[0]?.connectionOpened();
  members[0]?.connectionOpened();
  members[1]?.connectionOpened();
  members[2]?.connectionOpened();
  offer(policy, members);
  equal(policy.pick(null)?.id, "b1");
  members[1]?.connectionOpened();
  equal(policy.pick(null)?.id, "b2");
  members[0]?.connectionClosed();
  members[0]?.connectionClosed();
  equal(policy.pick(null)?.id, "b0");
});

Deno.test("LEAST_LOADED counts requests or connection time when told to", () => {
  const members = backends(2);
  members[0]?.requestStarted();
  members[1]?.observeConnectionTime(400, 0);
  const byRequests = createPolicy(LoadBalancing.LEAST_LOADED, LoadMetric.REQUESTS, sequence());
  offer(byRequests, members);
  equal(byRequests.pick(null)?.id, "b1");
  const byTime = createPolicy(LoadBalancing.LEAST_LOADED, LoadMetric.CONNECTION_TIME, sequence());
  offer(byTime, members);
  equal(byTime.pick(null)?.id, "b0");
});

Deno.test("POWER_OF_TWO takes the lighter of two that are drawn, never the heaviest", () => {
  const policy = createPolicy(LoadBalancing.POWER_OF_TWO, LoadMetric.CONNECTIONS, sequence());
  const members = backends(4);
  for (const [index, load] of [5, 1, 9, 8].entries()) {
    for (let count = 0; count < load; count++) members[index]?.connectionOpened();
  }
  offer(policy, members);
  const picks = idsOf(policy, 6000);
  const share = (id: string) => picks.filter((picked) => picked === id).length / picks.length;
  equal(share("b2"), 0);
  // Of the six pairs the lightest is in three, the next one wins two, the third one wins one.
  ok(Math.abs(share("b1") - 1 / 2) < 0.03);
  ok(Math.abs(share("b0") - 1 / 3) < 0.03);
  ok(Math.abs(share("b3") - 1 / 6) < 0.03);
});

Deno.test("POWER_OF_TWO draws exactly twice, and once more to decide between equals", () => {
  let draws = 0;
  const next = sequence();
  const random = () => {
    draws++;
    return next();
  };
  const policy = createPolicy(LoadBalancing.POWER_OF_TWO, LoadMetric.CONNECTIONS, random);
  const members = backends(3);
  offer(policy, members);
  policy.pick(null);
  equal(draws, 3);
  members[1]?.connectionOpened();
  members[2]?.connectionOpened();
  members[2]?.connectionOpened();
  draws = 0;
  for (let pick = 0; pick < 10; pick++) policy.pick(null);
  equal(draws, 20);
});

/** Which backend each of many keys goes to. */
function assignments(policy: Policy, count: number): (string | undefined)[] {
  const random = sequence(99);
  return Array.from({ length: count }, () => {
    const key: FlowKey = {
      high: Math.floor(random() * 2 ** 32),
      low: Math.floor(random() * 2 ** 32),
    };
    return policy.pick(key)?.id;
  });
}

for (
  const [name, algorithm, tolerance] of [
    ["HRW", LoadBalancing.HRW, 0.35],
    ["MAGLEV", LoadBalancing.MAGLEV, 0.15],
  ] as const
) {
  Deno.test(`${name} sends a key to the same backend every time and in every worker`, () => {
    const [one, two] = [0, 1].map(() => {
      const policy = createPolicy(algorithm, 0, sequence());
      offer(policy, backends(5));
      return policy;
    });
    if (one === undefined || two === undefined) return;
    deepEqual(assignments(one, 300), assignments(one, 300));
    deepEqual(assignments(one, 300), assignments(two, 300));
  });

  Deno.test(`${name} without a key takes turns`, () => {
    const policy = createPolicy(algorithm, 0, sequence());
    offer(policy, backends(3));
    deepEqual(idsOf(policy, 4), ["b0", "b1", "b2", "b0"]);
  });

  Deno.test(`${name} spreads keys evenly`, () => {
    const policy = createPolicy(algorithm, 0, sequence());
    offer(policy, backends(5));
    const assigned = assignments(policy, 10_000);
    for (let index = 0; index < 5; index++) {
      const share = assigned.filter((id) => id === `b${index}`).length / 2000;
      ok(Math.abs(share - 1) < tolerance, `b${index} has ${share} of its share`);
    }
  });

  Deno.test(`${name} moves only the flows of a candidate that is out`, () => {
    const policy = createPolicy(algorithm, 0, sequence());
    const members = backends(5);
    offer(policy, members);
    const before = assignments(policy, 2000);
    offer(policy, members, members.filter((member) => member.id !== "b2"));
    const after = assignments(policy, 2000);
    before.forEach((id, index) => {
      if (id === "b2") ok(after[index] !== "b2");
      else equal(after[index], id);
    });
    deepEqual(assignments(policy, 2000), after);
  });

  Deno.test(`${name} moves less than half of the keys to an added backend`, () => {
    const policy = createPolicy(algorithm, 0, sequence());
    offer(policy, backends(4));
    const before = assignments(policy, 2000);
    offer(policy, backends(5));
    const after = assignments(policy, 2000);
    const moved = before.filter((id, index) => id !== after[index]).length;
    ok(moved > 0 && moved < 1000, `${moved} of 2000 moved`);
  });

  Deno.test(`${name} gives a heavier backend more keys`, () => {
    const policy = createPolicy(algorithm, 0, sequence());
    offer(policy, [backend(0, { weight: 400 }), backend(1, { weight: 100 })]);
    const heavy = assignments(policy, 4000).filter((id) => id === "b0").length / 4000;
    ok(heavy > 0.7 && heavy < 0.9, `${heavy} of the keys`);
  });
}

Deno.test("MAGLEV takes turns when no backend of its table is a candidate", () => {
  const policy = new Maglev();
  const members = backends(2);
  const others = [backend(8), backend(9)];
  policy.membersChanged(members);
  policy.candidatesChanged(others);
  deepEqual([1n, 1n, 1n].map((key) => policy.pick(flowKey(key))?.id), ["b8", "b9", "b8"]);
});

Deno.test("MAGLEV raises its size to a prime", () => {
  equal(new Maglev(1).size, 2);
  equal(new Maglev(65_536).size, 65_537);
  deepEqual([0, 2, 8, 14, 97, 65_537].map(nextPrime), [2, 2, 11, 17, 97, 65_537]);
});

Deno.test("MAGLEV gives every backend about the same share even when there are very many", () => {
  const policy = new Maglev();
  const members = backends(10_000);
  offer(policy, members);
  const counts = new Map<string | undefined, number>();
  for (let key = 0n; key < 65_537n; key++) {
    const id = policy.pick(flowKey(key))?.id;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  equal(counts.size, 10_000);
  deepEqual(new Set(counts.values()), new Set([6, 7]));
});
