import assert from "node:assert/strict";
import {
  HealthCheckConfig,
  HealthCheckMode,
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

Deno.test("validateHealthCheck() asks for statuses of HTTP that go together, and for none of TCP", () => {
  const any = [{ start: 100, end: 599 }];
  const mode = HealthCheckMode.HEALTH_CHECK_MODE_TCP;
  const accepted: Partial<HealthCheckConfig>[] = [
    { accepted_statuses: any },
    { accepted_statuses: [{ start: 404, end: 404 }, { start: 200, end: 299 }] },
    { expected_status: 204 },
    { mode },
    { mode, uri: "" },
    { port: 1 },
    { port: 65_535 },
  ];
  for (const changes of accepted) assert.equal(healthCheckProblem(changes), undefined);
  const ranges = [[99, 200], [500, 600], [300, 200], [0, 4_294_967_295]] as const;
  for (const [start, end] of ranges) {
    const range = { accepted_statuses: [...any, { start, end }] };
    assert.equal(healthCheckProblem(range), "health_check.accepted_statuses[1]");
  }
  const refused: [Partial<HealthCheckConfig>, string][] = [
    [{ mode: 2 as HealthCheckMode, interval: 0 }, "mode"],
    [{ accepted_statuses: any, expected_status: 200 }, "expected_status"],
    [{ mode, expected_status: 200 }, "expected_status"],
    [{ mode, accepted_statuses: any }, "accepted_statuses"],
    [{ mode, uri: "\r" }, "uri"],
    [{ uri: "up", accepted_statuses: [{ start: 0, end: 0 }], port: 0 }, "uri"],
    [{ port: 0, headers: [{ name: "", fingerprint: "" }] }, "port"],
    [{ port: 65_536 }, "port"],
  ];
  for (const [changes, field] of refused) {
    assert.equal(healthCheckProblem(changes), `health_check.${field}`);
  }
});

Deno.test("validateHealthCheck() takes headers that a probe may have, each once", () => {
  const headers = (...names: string[]) => ({
    headers: names.map((name) => ({ name, fingerprint: "" })),
  });
  const numbered = (count: number) => headers(...Array.from({ length: count }, (_, i) => `x-${i}`));
  assert.equal(healthCheckProblem(headers("Authorization", "x_y", "Cookie")), undefined);
  assert.equal(healthCheckProblem(numbered(32)), undefined);
  assert.equal(healthCheckProblem(numbered(33)), "health_check.headers");
  const mode = HealthCheckMode.HEALTH_CHECK_MODE_TCP;
  assert.equal(healthCheckProblem({ mode, ...headers("a") }), "health_check.headers");
  assert.equal(healthCheckProblem(headers("X-A", "x-a")), "health_check.headers[1].name");
  const reserved = ["Host", "connection", "Keep-Alive", "proxy-connection", "transfer-encoding"];
  const others = ["Content-Length", "te", "trailer", "upgrade", "Expect", ":path", "a b", "a:", ""];
  for (const name of [...reserved, ...others]) {
    assert.equal(healthCheckProblem(headers(name)), "health_check.headers[0].name", name);
  }
});

Deno.test("validateHealthCheck() takes fingerprints of its own form, and repeats no other text", () => {
  const refusal = (fingerprint: string) =>
    validateHealthCheck({
      ...HealthCheckConfig.empty(),
      uri: "/up",
      headers: [{ name: "a", fingerprint }],
    });
  const form = `sozu-hc-hmac-sha256:v1:${"0a".repeat(16)}:${"9f".repeat(32)}`;
  assert.equal(refusal(form), null);
  for (const other of ["s3cret", form.toUpperCase(), `${form}0`, form.replace("v1", "v2")]) {
    const { field, message = "" } = refusal(other) ?? {};
    assert.equal(field, "health_check.headers[0].fingerprint");
    assert.ok(!message.includes(other));
  }
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
