import assert from "node:assert/strict";
import { HealthCheckConfig } from "../../../config/schema/messages.ts";
import { setHealthCheck, type Verb } from "../../../config/state/verb.ts";
import { backend, cluster } from "../../../tests/support/config/state.ts";
import { ProtectedFences } from "./fences.ts";

const config = { ...HealthCheckConfig.empty(), uri: "/" };
const check = setHealthCheck({ cluster_id: "web", config });
const unix = { ...backend("web", "b", "127.0.0.1:1"), unix_path: "/run/b.sock" };

Deno.test("ProtectedFences keeps away what could meet a change, and nothing else", async () => {
  const fences = new ProtectedFences();
  assert.equal(fences.objection({ kind: "upgrade_main", value: {} }), null);
  assert.ok(fences.begin(check));
  assert.ok(!fences.begin(check));
  const kept: Verb[] = [
    check,
    { kind: "add_cluster", value: cluster("web") },
    { kind: "remove_cluster", value: "web" },
    { kind: "remove_health_check", value: "web" },
    { kind: "set_protected_health_check", value: { cluster_id: "web", config, values: [] } },
    { kind: "add_backend", value: unix },
    { kind: "add_unix_backend", value: unix },
    { kind: "load_state", value: "x" },
    { kind: "reload_configuration", value: "" },
    { kind: "upgrade_worker", value: 1 },
    { kind: "upgrade_main", value: {} },
  ];
  for (const verb of kept) assert.match(fences.objection(verb) ?? "", /^busy/, verb.kind);
  const free: Verb[] = [
    { kind: "add_cluster", value: cluster("other") },
    { kind: "add_backend", value: backend("web", "b", "127.0.0.1:1") },
    { kind: "add_backend", value: { ...unix, cluster_id: "other" } },
    { kind: "save_state", value: "x" },
    { kind: "status", value: {} },
    { kind: "soft_stop", value: {} },
    { kind: "remove_cluster", value: "other" },
  ];
  for (const verb of free) assert.equal(fences.objection(verb), null, verb.kind);

  let isIdle = false;
  const idle = fences.idle().then(() => isIdle = true);
  await Promise.resolve();
  assert.ok(!isIdle);
  fences.end(check);
  await idle;
  assert.ok(kept.every((verb) => fences.objection(verb) === null));
});
