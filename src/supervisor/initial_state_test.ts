import assert from "node:assert/strict";
import { type Config, loadConfig } from "../../config/file/load.ts";
import { HealthCheckConfig, type Request } from "../../config/schema/messages.ts";
import { setHealthCheck } from "../../config/state/verb.ts";
import { cluster, httpListener } from "../../tests/support/config/state.ts";
import { servableState } from "../configuration/servable.ts";
import { loadInitialState, restoreSnapshot } from "./initial_state.ts";
import { ProbeValues } from "./protected/probe_values.ts";
import { ProcessSettings } from "./process_settings.ts";
import { saveState } from "./saved/state.ts";

const add = (id: string): Request => ({
  request_type: { kind: "add_cluster", value: cluster(id) },
});
const CHECK = {
  ...HealthCheckConfig.empty(),
  uri: "/",
  headers: [{
    name: "X-Key",
    fingerprint: `sozu-hc-hmac-sha256:v1:${"0".repeat(32)}:${"0".repeat(64)}`,
  }],
};
const LIMIT: Request = { request_type: { kind: "set_max_connections_per_ip", value: 5n } };
const REFUSED: Request = { request_type: { kind: "remove_cluster", value: "missing" } };

function emptyParts() {
  return {
    state: servableState(),
    file: { state: servableState() },
    settings: new ProcessSettings(),
    probeValues: new ProbeValues(),
    counters: { skipped: 0, clamped: 0 },
  };
}

function configOf(changes: Partial<Config>): Config {
  const loaded = loadConfig("", { path: "/", cwd: "/", readFile: () => "" });
  assert.ok(loaded.ok);
  return { ...loaded.config, ...changes };
}

Deno.test("loadInitialState() takes in the file, then the saved state, and keeps apart what the file says", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/state.json`;
    await saveState(path, [add("web"), add("saved")]);
    const parts = emptyParts();
    const config = configOf({ requests: [add("web"), REFUSED], saved_state: path });
    await loadInitialState(parts, config);
    assert.equal(parts.state.counts().clusters, 2);
    assert.equal(parts.file.state.counts().clusters, 1);
    assert.equal(parts.counters.skipped, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("loadInitialState() starts without a saved state that is missing, and copies one it cannot read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/state.json`;
    const config = configOf({ requests: [add("web")], saved_state: path });
    const missing = emptyParts();
    await loadInitialState(missing, config);
    assert.equal(missing.state.counts().clusters, 1);
    await Deno.writeTextFile(path, "no state");
    const damaged = emptyParts();
    await loadInitialState(damaged, { ...config, automatic_state_save: true });
    assert.equal(damaged.state.counts().clusters, 1);
    assert.equal(await Deno.readTextFile(`${path}.unreadable`), "no state");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("loadInitialState() raises settings of HTTP/2 that an older program has let pass", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/state.json`;
    const value = httpListener({ h2_max_glitch_count: 0, h2_max_rst_stream_lifetime: 0n });
    await saveState(path, [{ request_type: { kind: "add_http_listener", value } }]);
    const parts = emptyParts();
    await loadInitialState(parts, configOf({ saved_state: path }));
    const [kept] = parts.state.tables.listeners.http.sorted();
    assert.deepEqual([kept?.h2_max_glitch_count, kept?.h2_max_rst_stream_lifetime], [1, 1n]);
    assert.deepEqual(parts.counters, { skipped: 0, clamped: 2 });
    // Where it is no saved state, nothing is raised.
    const asked = emptyParts();
    const requests: Request[] = [{ request_type: { kind: "add_http_listener", value } }];
    await loadInitialState(asked, configOf({ requests }));
    assert.deepEqual(asked.counters, { skipped: 1, clamped: 0 });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("loadInitialState() holds the values of probe headers, and leaves out a check that lacks them", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/key`, "s3cret\n");
    const clusters = ["good", "bad"].map((id) => `
[clusters.${id}]
protocol = "http"
frontends = []
backends = []
health_check = { headers = [{ name = "X-Key", value_file = "${id === "good" ? "key" : "gone"}" }] }
`);
    const options = { path: `${folder}/sozu.toml`, cwd: "/", readFile: () => "" };
    const loaded = loadConfig(clusters.join(""), options);
    assert.ok(loaded.ok);
    const parts = emptyParts();
    assert.equal(await loadInitialState(parts, loaded.config), false);
    const { clusters: stored } = parts.state.tables;
    assert.equal(stored.get("bad")?.health_check, undefined);
    const [held, ...others] = parts.probeValues.inForce(parts.state.tables);
    assert.deepEqual([held?.cluster_id, others], ["good", []]);
    assert.equal(new TextDecoder().decode(held?.values[0]?.value), "s3cret");

    // A saved check counts, and its values are those of another process.
    const saved = `${folder}/state.json`;
    await saveState(saved, [{
      request_type: setHealthCheck({ cluster_id: "good", config: CHECK }),
    }]);
    await Deno.writeTextFile(`${folder}/gone`, "found");
    const later = emptyParts();
    assert.ok(await loadInitialState(later, { ...loaded.config, saved_state: saved }));
    const now = later.probeValues.inForce(later.state.tables).map(({ cluster_id }) => cluster_id);
    assert.deepEqual(now, ["bad"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("restoreSnapshot() takes in what it can of an older main process and counts the rest", () => {
  const parts = emptyParts();
  restoreSnapshot(parts, {
    config: configOf({}),
    state: [add("web"), REFUSED],
    fileState: [add("web"), add("file")],
    settings: [LIMIT],
    nextWorkerId: 3,
    nextClientId: 4,
    bootGeneration: 1,
    logFilter: "info",
    protectedChecks: [],
  });
  assert.equal(parts.state.counts().clusters, 1);
  assert.equal(parts.file.state.counts().clusters, 2);
  assert.equal(parts.counters.skipped, 1);
  assert.deepEqual(parts.settings.values(), [LIMIT]);
});
