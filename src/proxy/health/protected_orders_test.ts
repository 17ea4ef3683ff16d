import assert from "node:assert/strict";
import { cluster, stateWith } from "../../../tests/support/config/state.ts";
import {
  HealthCheckConfig,
  type HealthCheckHeaderValue,
  ProtectedHealthCheckPhase as Phase,
  type SetProtectedHealthCheck,
} from "../../../config/schema/messages.ts";
import { ProtectedOrders } from "./protected_orders.ts";

const OLD: HealthCheckConfig = { ...HealthCheckConfig.empty(), uri: "/old" };

function fingerprint(digit: string): string {
  return `sozu-hc-hmac-sha256:v1:${digit.repeat(32)}:${digit.repeat(64)}`;
}

/** A check with one header. */
function check(value: string, digit = "a"): SetProtectedHealthCheck {
  const headers = [{ name: "X-Key", fingerprint: fingerprint(digit) }];
  return {
    cluster_id: "web",
    config: { ...HealthCheckConfig.empty(), uri: "/new", headers },
    values: [{ name: "X-Key", value: new TextEncoder().encode(value) }],
  };
}

/** A worker without a network: its state, and what its probes send. */
class Lab {
  readonly state = stateWith(
    { kind: "add_cluster", value: cluster("web") },
    { kind: "set_health_check", value: { cluster_id: "web", config: OLD } },
  );
  values: readonly HealthCheckHeaderValue[] | null = null;
  readonly applied: string[] = [];
  readonly orders = new ProtectedOrders({
    state: this.state,
    probes: {
      protect: (request) => {
        this.values = request.values;
        return null;
      },
      valuesOf: () => this.values,
    },
    apply: ({ kind }) => {
      this.applied.push(kind);
      this.values = null;
      return Promise.resolve(null);
    },
  });

  order(phase: Phase, version: bigint, prepare?: SetProtectedHealthCheck) {
    const order = { phase, version, cluster_id: "web" };
    return this.orders.execute(prepare === undefined ? order : { ...order, prepare });
  }

  prepare(request: SetProtectedHealthCheck, version = 1n) {
    return this.order(Phase.PROTECTED_HEALTH_CHECK_PREPARE, version, request);
  }

  commit(version = 1n) {
    return this.order(Phase.PROTECTED_HEALTH_CHECK_COMMIT, version);
  }

  abort(version = 1n) {
    return this.order(Phase.PROTECTED_HEALTH_CHECK_ABORT, version);
  }

  release(version = 1n) {
    return this.order(Phase.PROTECTED_HEALTH_CHECK_RELEASE, version);
  }

  get uri(): string | undefined {
    return this.state.tables.clusters.get("web")?.health_check?.uri;
  }

  get key(): string | null {
    const value = this.values?.[0]?.value;
    return value === undefined ? null : new TextDecoder().decode(value);
  }
}

Deno.test("ProtectedOrders changes nothing before the commit, and then the check with its values", async () => {
  const lab = new Lab();
  assert.equal(await lab.order(Phase.PROTECTED_HEALTH_CHECK_CAPABILITY, 0n), null);
  assert.equal(await lab.prepare(check("one")), null);
  assert.deepEqual([lab.uri, lab.key], ["/old", null]);
  assert.equal(await lab.commit(), null);
  assert.deepEqual([lab.uri, lab.key], ["/new", "one"]);
  assert.equal(await lab.release(), null);
  // There is nothing to take back any more.
  assert.equal(await lab.abort(), null);
  assert.deepEqual([lab.uri, lab.key], ["/new", "one"]);
});

Deno.test("ProtectedOrders takes back what was committed: a check, its values, or that there was none", async () => {
  const lab = new Lab();
  await lab.prepare(check("one"));
  await lab.commit();
  assert.equal(await lab.abort(), null);
  assert.deepEqual([lab.uri, lab.key, lab.applied], ["/old", null, ["set_health_check"]]);

  await lab.prepare(check("one"), 2n);
  await lab.commit(2n);
  await lab.release(2n);
  await lab.prepare(
    { ...check("two", "b"), config: { ...check("two", "b").config, uri: "/two" } },
    3n,
  );
  await lab.commit(3n);
  assert.deepEqual([lab.uri, lab.key], ["/two", "two"]);
  assert.equal(await lab.abort(3n), null);
  assert.deepEqual([lab.uri, lab.key], ["/new", "one"]);

  const bare = new Lab();
  bare.state.apply({ request_type: { kind: "remove_health_check", value: "web" } });
  await bare.prepare(check("one"));
  await bare.commit();
  assert.equal(await bare.abort(), null);
  assert.deepEqual([bare.uri, bare.applied], [undefined, ["remove_health_check"]]);
});

Deno.test("ProtectedOrders drops what was prepared, and takes no step of another change", async () => {
  const lab = new Lab();
  await lab.prepare(check("one"));
  assert.match(await lab.commit(2n) ?? "", /not prepared/);
  assert.equal(await lab.abort(2n), null);
  assert.equal(await lab.abort(1n), null);
  assert.match(await lab.commit(1n) ?? "", /not prepared/);
  assert.deepEqual([lab.uri, lab.key], ["/old", null]);
});

Deno.test("ProtectedOrders refuses what it could not put into force, without a word about values", async () => {
  const lab = new Lab();
  const good = check("s3cret");
  const unprinted = { ...good.config, headers: [{ name: "X-Key", fingerprint: "" }] };
  const cases: [SetProtectedHealthCheck | undefined, RegExp][] = [
    [undefined, /names no values/],
    [{ ...good, cluster_id: "other" }, /names no values/],
    [{ ...good, config: unprinted }, /no fingerprint/],
    [{ ...good, config: { ...good.config, interval: 0 } }, /interval/],
    [{ ...good, values: [] }, /values/],
    [check("s3cret\n"), /control character/],
  ];
  for (const [request, reason] of cases) {
    const refusal = await lab.order(Phase.PROTECTED_HEALTH_CHECK_PREPARE, 1n, request) ?? "";
    assert.match(refusal, reason);
    assert.ok(!refusal.includes("s3cret"));
  }
  lab.state.apply({ request_type: { kind: "remove_cluster", value: "web" } });
  assert.match(await lab.prepare(good) ?? "", /Cannot find cluster/);
  assert.match(await lab.order(9 as Phase, 1n) ?? "", /no phase 9/);
});
