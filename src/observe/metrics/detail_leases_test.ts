import assert from "node:assert/strict";
import { Detail, type DetailChange, DetailLeases, type LeaseRequest } from "./detail_leases.ts";

function request(clientId: string, overrides: Partial<LeaseRequest> = {}): LeaseRequest {
  return {
    clientId,
    detail: Detail.BACKEND,
    ttlSeconds: null,
    clear: false,
    pid: 10,
    session: "01J00000000000000000000000",
    ...overrides,
  };
}

function accepted(outcome: DetailChange | string): DetailChange {
  if (typeof outcome === "string") throw new Error(outcome);
  return outcome;
}

Deno.test("DetailLeases starts at the configured level with no lease", () => {
  const leases = new DetailLeases(Detail.CLUSTER);
  assert.deepEqual([leases.configured, leases.effective, leases.count], [2, 2, 0]);
});

Deno.test("DetailLeases rises with a lease above the configured level and stays with one below", () => {
  const leases = new DetailLeases(Detail.CLUSTER);
  const low = accepted(leases.apply(request("low", { detail: Detail.PROCESS }), 0));
  assert.deepEqual(low, { previous: 2, effective: 2 });
  assert.deepEqual(accepted(leases.apply(request("high"), 0)), { previous: 2, effective: 3 });
});

Deno.test("DetailLeases bounds ids, lives and the number of leases", () => {
  const leases = new DetailLeases(Detail.CLUSTER);
  const secret = "é".repeat(33);
  const refusal = leases.apply(request(secret), 0);
  assert.match(String(refusal), /too long/);
  assert.ok(!String(refusal).includes("é"));
  assert.match(String(leases.apply(request("a", { ttlSeconds: 301 }), 0)), /301/);
  accepted(leases.apply(request("a", { ttlSeconds: 300 }), 0));
  assert.match(String(leases.apply(request("b", { detail: null }), 0)), /missing/);
  assert.match(String(leases.apply(request("b", { detail: 4 }), 0)), /accepted: 0 to 3/);
  for (let i = 1; i < 64; i++) accepted(leases.apply(request(`client-${i}`), 0));
  assert.match(String(leases.apply(request("one too many"), 0)), /64 leases/);
  accepted(leases.apply(request("client-5"), 0));
  assert.equal(leases.count, 64);
});

Deno.test("DetailLeases lets only its owner renew or clear a lease that is bound", () => {
  const leases = new DetailLeases(Detail.CLUSTER);
  accepted(leases.apply(request("a"), 0));
  for (const other of [{ pid: 11 }, { session: "other" }, { pid: null, session: null }]) {
    assert.match(String(leases.apply(request("a", other), 0)), /another session/);
    assert.match(String(leases.apply(request("a", { ...other, clear: true }), 0)), /another/);
  }
  accepted(leases.apply(request("a", { detail: Detail.FRONTEND }), 0));
  assert.equal(leases.effective, Detail.CLUSTER);
  accepted(leases.apply(request("a", { clear: true }), 0));
  assert.equal(leases.count, 0);
});

Deno.test("DetailLeases lets anyone change a lease without a known owner", () => {
  for (const unknown of [{ pid: null }, { session: null }]) {
    const leases = new DetailLeases(Detail.CLUSTER);
    accepted(leases.apply(request("a", unknown), 0));
    accepted(leases.apply(request("a", { pid: 99, session: "other", clear: true }), 0));
    assert.equal(leases.count, 0);
  }
});

Deno.test("DetailLeases falls to the highest that is left; clearing an unknown one is nothing", () => {
  const leases = new DetailLeases(Detail.PROCESS);
  accepted(leases.apply(request("a"), 0));
  accepted(leases.apply(request("b", { detail: Detail.CLUSTER }), 0));
  assert.deepEqual(accepted(leases.apply(request("?", { clear: true }), 0)), {
    previous: 3,
    effective: 3,
  });
  assert.deepEqual(accepted(leases.apply(request("a", { clear: true, detail: null }), 0)), {
    previous: 3,
    effective: 2,
  });
});

Deno.test("DetailLeases ends only leases that are past due, after 60 seconds unless told", () => {
  const leases = new DetailLeases(Detail.CLUSTER);
  accepted(leases.apply(request("a", { ttlSeconds: 0 }), 0));
  accepted(leases.apply(request("b", { ttlSeconds: 300, detail: Detail.PROCESS }), 0));
  assert.deepEqual(leases.expire(59_999), { previous: 3, effective: 3 });
  assert.deepEqual(leases.expire(60_000), { previous: 3, effective: 2 });
  assert.equal(leases.count, 1);
});
