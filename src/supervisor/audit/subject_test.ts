import assert from "node:assert/strict";
import * as messages from "../../../config/schema/messages.ts";
import {
  address,
  backend,
  cluster,
  frontend,
  stateAfter,
  stateWith,
} from "../../../tests/support/config/state.ts";
import { changesState, isInternalChange } from "../../../config/state/verbs.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import { describePatch } from "../../../config/state/verbs/patch_text.ts";
import { auditSubject } from "./subject.ts";

const { HttpListenerConfig, ListenerType, MetricDetail, Request } = messages;

function subjectOf(type: Verb) {
  return auditSubject(type, stateAfter([]));
}

Deno.test("auditSubject() has a row for every verb that changes something, and none for questions", () => {
  const audited: string[] = [];
  for (const field of Request.fields) {
    const value = typeof field.type === "string" ? field.defaultValue : field.type.empty();
    const type = { kind: field.name, value } as unknown as Verb;
    const subject = subjectOf(type);
    if (subject !== null) audited.push(field.name);
    const isOfClients = changesState(type.kind) && !isInternalChange(type.kind);
    if (isOfClients) assert.ok(subject !== null, `${field.name} leaves no row`);
    if (/^(query|list|count|status)/.test(field.name)) assert.equal(subject, null, field.name);
  }
  for (
    const verb of [
      "Logging",
      "configure_metrics",
      "set_max_connections_per_ip",
      "set_metric_detail",
      "save_state",
      "load_state",
      "reload_configuration",
      "soft_stop",
      "hard_stop",
      "upgrade_main",
      "upgrade_worker",
      "subscribe_events",
    ]
  ) {
    assert.ok(audited.includes(verb), verb);
  }
});

Deno.test("auditSubject() names the objects as documented", () => {
  const at = address("127.0.0.1:80");
  const targets: [Verb, string, string][] = [
    [{ kind: "add_cluster", value: cluster("web") }, "cluster_added", "cluster:web"],
    [{ kind: "remove_cluster", value: "web" }, "cluster_removed", "cluster:web"],
    [
      { kind: "add_backend", value: backend("web", "b", "[::1]:1") },
      "backend_added",
      "backend:web:b:[::1]:1",
    ],
    [
      { kind: "remove_https_frontend", value: frontend("x.test", "/") },
      "https_frontend_removed",
      "frontend:https:x.test:127.0.0.1:80",
    ],
    [
      { kind: "add_udp_frontend", value: { cluster_id: "dns", address: at, tags: new Map() } },
      "udp_frontend_added",
      "frontend:udp:dns:127.0.0.1:80",
    ],
    [
      { kind: "remove_certificate", value: { address: at, fingerprint: "ab" } },
      "certificate_removed",
      "certificate:127.0.0.1:80:ab",
    ],
    [
      {
        kind: "replace_certificate",
        value: {
          address: at,
          old_fingerprint: "ab",
          new_certificate: {
            certificate: "x",
            certificate_chain: [],
            key: "",
            versions: [],
            names: [],
          },
        },
      },
      "certificate_replaced",
      "certificate:127.0.0.1:80:old=ab:new=unknown",
    ],
    [
      { kind: "remove_listener", value: { address: at, proxy: ListenerType.UDP } },
      "listener_removed",
      "listener:Udp:127.0.0.1:80",
    ],
    [{ kind: "configure_metrics", value: 2 }, "metrics_configured", "metrics:Clear"],
    [
      { kind: "set_metric_detail", value: { client_id: "x", detail: MetricDetail.DETAIL_BACKEND } },
      "metric_detail_changed",
      "metric_detail:DetailBackend",
    ],
    [
      { kind: "set_metric_detail", value: { client_id: "x", detail: 77 } },
      "metric_detail_changed",
      "metric_detail:<invalid>",
    ],
    [
      { kind: "set_max_connections_per_ip", value: 2n ** 64n - 1n },
      "max_connections_per_ip_set",
      "max_connections_per_ip:18446744073709551615",
    ],
  ];
  for (const [type, verb, target] of targets) {
    const subject = subjectOf(type);
    assert.deepEqual([subject?.verb, subject?.target], [verb, target]);
  }
});

Deno.test("auditSubject() tells what a patch of a listener changes", () => {
  const at = address("127.0.0.1:80");
  const state = stateWith({
    kind: "add_http_listener",
    value: { ...HttpListenerConfig.empty(), address: at, front_timeout: 60 },
  });
  const patch = { address: at, answers: new Map(), front_timeout: 5, h2_max_header_fields: 9 };
  assert.equal(
    auditSubject({ kind: "update_http_listener", value: patch }, state)?.target,
    "listener:http:127.0.0.1:80:front_timeout=60→5 h2_max_header_fields=?→9",
  );
});

Deno.test("describePatch() says what it can and leaves out what is no text", () => {
  const at = address("127.0.0.1:80");
  assert.equal(describePatch({ address: at, answers: new Map(), hsts: {} }, undefined), "(no-op)");
  assert.equal(describePatch({ http_answers: {} }, undefined), "http_answers=<patched>");
  const identity = { certificate: "new certificate", key: "new key" };
  assert.equal(
    describePatch(identity, { certificate: "old certificate", key: "old key" }),
    "certificate=<patched> key=<patched>",
  );
  assert.equal(describePatch({ alpn_protocols: { values: [] } }, {}), "alpn_protocols=?→<reset>");
  assert.equal(
    describePatch({ alpn_protocols: { values: ["h2", "http/1.1"] } }, {
      alpn_protocols: ["http/1.1"],
    }),
    "alpn_protocols=http/1.1→h2+http/1.1",
  );
  assert.equal(
    describePatch({ public_address: at }, { public_address: address("[::1]:1") }),
    "public_address=[::1]:1→127.0.0.1:80",
  );
});
