import assert from "node:assert/strict";
import {
  HealthCheckConfig,
  UpdateHttpListenerConfig,
  UpdateHttpsListenerConfig,
} from "../schema/messages.ts";
import type { ConfigError } from "../state/config_error.ts";
import { validateHealthCheck } from "./validate.ts";
import { validateVerb } from "./validate_verb.ts";

function validateHttpPatch(value: UpdateHttpListenerConfig): ConfigError | null {
  return validateVerb({ kind: "update_http_listener", value });
}

function validateHttpsPatch(value: UpdateHttpsListenerConfig): ConfigError | null {
  return validateVerb({ kind: "update_https_listener", value });
}

function healthCheckProblem(changes: Partial<HealthCheckConfig>): string | undefined {
  return validateHealthCheck({ ...HealthCheckConfig.empty(), uri: "/up", ...changes })?.field;
}

function httpsProblem(changes: Partial<UpdateHttpsListenerConfig>): string | undefined {
  return validateHttpsPatch({ ...UpdateHttpsListenerConfig.empty(), ...changes })?.field;
}

Deno.test("validateHealthCheck() reports the first rule that fails", () => {
  assert.equal(healthCheckProblem({}), undefined);
  assert.equal(healthCheckProblem({ interval: 0, timeout: 0 }), "health_check.interval");
  assert.equal(healthCheckProblem({ timeout: 0, uri: "" }), "health_check.timeout");
  assert.equal(healthCheckProblem({ healthy_threshold: 0 }), "health_check.healthy_threshold");
  assert.equal(healthCheckProblem({ unhealthy_threshold: 0 }), "health_check.unhealthy_threshold");
  assert.equal(healthCheckProblem({ uri: "up" }), "health_check.uri");
  assert.equal(healthCheckProblem({ uri: "" }), "health_check.uri");
  for (const code of [0x00, 0x0a, 0x0d, 0x1f]) {
    assert.equal(healthCheckProblem({ uri: `/${String.fromCharCode(code)}` }), "health_check.uri");
  }
  assert.equal(healthCheckProblem({ uri: "/a\tb é" }), undefined);
  assert.equal(healthCheckProblem({ interval: 1, timeout: 60 }), undefined);
});

Deno.test("validateHttpPatch() refuses zero for every flood knob, and a ratio below two", () => {
  const knobs = [
    "h2_max_rst_stream_per_window",
    "h2_max_ping_per_window",
    "h2_max_settings_per_window",
    "h2_max_empty_data_per_window",
    "h2_max_continuation_frames",
    "h2_max_glitch_count",
    "h2_max_window_update_stream0_per_window",
    "h2_max_concurrent_streams",
    "h2_max_rst_stream_lifetime",
    "h2_max_rst_stream_abusive_lifetime",
    "h2_max_rst_stream_emitted_lifetime",
    "h2_max_header_list_size",
    "h2_max_header_table_size",
    "h2_max_header_fields",
  ];
  for (const knob of knobs) {
    const isWide = knob.endsWith("_lifetime");
    for (const value of [0, 1]) {
      const patch = { ...UpdateHttpListenerConfig.empty(), [knob]: isWide ? BigInt(value) : value };
      assert.equal(validateHttpPatch(patch)?.field, value === 0 ? knob : undefined);
      assert.equal(
        httpsProblem({ [knob]: patch[knob as keyof typeof patch] }),
        value === 0 ? knob : undefined,
      );
    }
  }
  assert.equal(httpsProblem({ h2_stream_shrink_ratio: 1 }), "h2_stream_shrink_ratio");
  assert.equal(httpsProblem({ h2_stream_shrink_ratio: 2 }), undefined);
});

Deno.test("validateHttpPatch() accepts zero where it has a meaning", () => {
  const patch = {
    ...UpdateHttpListenerConfig.empty(),
    h2_graceful_shutdown_deadline_seconds: 0,
    h2_initial_connection_window: 0,
    h2_stream_idle_timeout_seconds: 0,
  };
  assert.equal(validateHttpPatch(patch), null);
});

Deno.test("validateHttpPatch() wants a token as correlation header", () => {
  const problem = (name: string) =>
    validateHttpPatch({ ...UpdateHttpListenerConfig.empty(), sozu_id_header: name })?.field;
  assert.equal(problem(""), "sozu_id_header");
  assert.equal(problem("a:b"), "sozu_id_header");
  assert.equal(problem("a b"), "sozu_id_header");
  assert.equal(problem("é"), "sozu_id_header");
  assert.equal(problem("X-My_Id.1"), undefined);
});

Deno.test("validateHttpsPatch() knows two ALPN names, and wants hsts.enabled", () => {
  assert.equal(httpsProblem({ alpn_protocols: { values: ["h2", "h3"] } }), "alpn_protocols");
  assert.equal(httpsProblem({ alpn_protocols: { values: ["http/1.1", "h2"] } }), undefined);
  assert.equal(httpsProblem({ alpn_protocols: { values: [] } }), undefined);
  assert.equal(httpsProblem({ hsts: { max_age: 1 } }), "hsts.enabled");
  assert.equal(httpsProblem({ hsts: { enabled: false } }), undefined);
});
