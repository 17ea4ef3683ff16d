import assert from "node:assert/strict";
import {
  HealthCheckConfig,
  type SetProtectedHealthCheck,
} from "../../../config/schema/messages.ts";
import { setHealthCheck } from "../../../config/state/verb.ts";
import { scopeOf } from "../../../config/undo/undo.ts";
import { cluster, stateWith } from "../../../tests/support/config/state.ts";
import { ProbeValues } from "./probe_values.ts";

function request(id: string, value = "s3cret", name = "X-Key"): SetProtectedHealthCheck {
  const headers = [{ name, fingerprint: "" }];
  return {
    cluster_id: id,
    config: { ...HealthCheckConfig.empty(), uri: "/", headers },
    values: [{ name, value: new TextEncoder().encode(value) }],
  };
}

const printOf = (values: ProbeValues, asked: SetProtectedHealthCheck) =>
  values.fingerprinted(asked).config.headers[0]?.fingerprint ?? "";

Deno.test("ProbeValues gives the same value of the same header one fingerprint, and others others", () => {
  const values = new ProbeValues();
  const print = printOf(values, request("a"));
  assert.match(print, /^sozu-hc-hmac-sha256:v1:[0-9a-f]{32}:[0-9a-f]{64}$/);
  assert.equal(printOf(values, request("a")), print);
  const others = [
    printOf(values, request("a", "other")),
    printOf(values, request("b")),
    printOf(values, request("a", "s3cret", "X-Other")),
    printOf(new ProbeValues(), request("a")),
  ];
  assert.equal(new Set([print, ...others]).size, 5);
});

Deno.test("ProbeValues gives out what the state has a check for, and overwrites what it drops", () => {
  const values = new ProbeValues();
  const state = stateWith({ kind: "add_cluster", value: cluster("a") });
  const check = values.fingerprinted(request("a"));
  const verb = setHealthCheck(check);
  values.hold(check);
  assert.deepEqual(values.inForce(state.tables), []);
  assert.ok(!values.has(check, state.tables));
  state.apply({ request_type: verb });
  const [held] = values.inForce(state.tables);
  assert.equal(new TextDecoder().decode(held?.values[0]?.value), "s3cret");
  assert.ok(values.has(check, state.tables));
  // What was handed in is not what is overwritten later.
  check.values[0]?.value.fill(0);
  assert.equal(new TextDecoder().decode(held?.values[0]?.value), "s3cret");

  // Another setting of the same check comes with the values.
  state.apply({
    request_type: setHealthCheck({ ...check, config: { ...check.config, timeout: 9 } }),
  });
  values.settle(state.tables, [scopeOf(verb)]);
  assert.equal(values.inForce(state.tables)[0]?.config.timeout, 9);

  state.apply({ request_type: { kind: "remove_health_check", value: "a" } });
  values.settle(state.tables, ["cluster b"]);
  assert.equal(new TextDecoder().decode(held?.values[0]?.value), "s3cret");
  values.settle(state.tables, [scopeOf(verb)]);
  assert.deepEqual([...held?.values[0]?.value ?? []], [0, 0, 0, 0, 0, 0]);
  state.apply({ request_type: verb });
  assert.deepEqual(values.inForce(state.tables), []);
});
