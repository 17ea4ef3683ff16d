// One question for every way in: can this be served? Asked of files by `config check` and `start`, of
// requests on the command socket, and of states that an older program has saved.

import assert from "node:assert/strict";
import { writeRecord } from "../../config/codec/saved_state.ts";
import { backend, cluster, frontend, httpListener } from "../support/config/state.ts";
import type { Verb } from "../../config/state/verbs.ts";
import {
  type LoadBalancingAlgorithms,
  type RedirectPolicy,
  ResponseStatus,
} from "../../config/schema/messages.ts";
import { freePorts } from "../support/ports.ts";
import { runSozu } from "../support/cli/sozu_cli.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";

const FULL = new URL("../../config/examples/full.toml", import.meta.url);

Deno.test("full.toml starts without an error", async () => {
  const example = (await Deno.readTextFile(FULL)).replace(/^command_socket = .*$/m, "");
  const ports = [8080, 8443, 5432, 9090];
  const free = freePorts(ports.length);
  const text = ports.reduce(
    (moved, port, index) => moved.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${free[index]}`),
    example,
  );
  await using sozu = await SozuProcess.start(text);
  assert.equal((await sozu.runningWorkers()).length, 2);
  const log = () => sozu.stdout + sozu.stderr;
  await waitFor("the start", () => log().includes("Listening on"));
  assert.match(log(), /requests applied, 0 in force, 0 refused/);
  assert.doesNotMatch(log(), /ERROR|could not be honoured/);
});

Deno.test("config check finds what stops start, in the same words", async () => {
  const mine = certificateFor(["a.test"]);
  const other = certificateFor(["a.test"]);
  const files = { "a.pem": mine.certificate, "b.key": other.key };
  const config = (folder: string) =>
    `[[listeners]]
protocol = "https"
address = "127.0.0.1:1"
certificate = "${folder}/a.pem"
key = "${folder}/b.key"
[clusters.a]
protocol = "http"
answers = { 503 = "busy" }
frontends = [{ address = "127.0.0.1:2", hostname = "a.test", path = "x" }]
backends = []
`;
  await using sozu = await SozuProcess.start(config, { files, detached: true });
  assert.equal(await sozu.exitCode(), 1);
  const check = await runSozu(["-c", sozu.configPath, "config", "check"], sozu.folder);
  assert.equal(check.code, 1);
  const lines = (text: string) => text.trim().split("\n").map((it) => it.replace("error: ", ""));
  assert.deepEqual(lines(check.stderr), lines(sozu.stderr));
  const places = [...check.stderr.matchAll(/sozu\.toml:(\d+): (\S+): /g)].map((it) => it.slice(1));
  assert.deepEqual(places, [
    ["5", "listeners[0].certificate"],
    ["9", "clusters.a.answers.503"],
    ["10", "clusters.a.frontends[0].path"],
  ], check.stderr);
});

/** Each would have been accepted as something else than it says, or ended in a head. */
function unservable(): Verb[] {
  const at = "127.0.0.1:80";
  const far = backend("a", "one", at);
  return [
    { kind: "add_backend", value: { ...far, address: { ...far.address, port: 101_439 } } },
    {
      kind: "add_backend",
      value: backend("a", "one", at, { load_balancing_parameters: { weight: -5 } }),
    },
    { kind: "add_backend", value: backend("a", "one", at, { sticky_id: "a\r\nSet-Cookie: b=c" }) },
    {
      kind: "add_cluster",
      value: cluster("a", { load_balancing: 99 as LoadBalancingAlgorithms }),
    },
    {
      kind: "add_http_frontend",
      value: frontend("a.test", "/", { redirect: 77 as RedirectPolicy }),
    },
    { kind: "add_http_listener", value: httpListener({ sticky_name: "a\r\nX: y" }) },
    { kind: "add_http_listener", value: httpListener({ sozu_id_header: "Content-Length" }) },
    { kind: "configure_metrics", value: 9 as 0 },
    { kind: "reload_configuration", value: "/etc/\0" },
  ];
}

Deno.test("a request that cannot be served is refused by main, and changes nothing", async () => {
  await using sozu = await SozuProcess.start("worker_count = 1");
  for (const verb of unservable()) {
    const { status, message } = await sozu.request(verb);
    assert.equal(status, ResponseStatus.FAILURE, verb.kind);
    assert.match(message, /accepted|Not available/, `${verb.kind}: ${message}`);
    assert.doesNotMatch(message, /Worker/, verb.kind);
  }
  const listed = await sozu.expectOk({ kind: "list_listeners", value: {} });
  const type = listed.content?.content_type;
  assert.ok(type?.kind === "listeners_list" && type.value.http_listeners.size === 0);
  const hashes = await sozu.expectOk({ kind: "query_clusters_hashes", value: {} });
  assert.ok(hashes.content !== undefined);
});

Deno.test("a saved state with values nobody may have any more loads without them", async () => {
  const verbs: Verb[] = [
    { kind: "add_cluster", value: cluster("kept") },
    ...unservable().filter(({ kind }) => kind.startsWith("add_")),
    { kind: "add_backend", value: backend("kept", "one", "127.0.0.1:80") },
  ];
  const saved = verbs.map((request_type, index) =>
    writeRecord({ id: `SAVE-${index}`, content: { request_type } })
  );
  await using sozu = await SozuProcess.start('saved_state = "./state.json"', {
    files: { "state.json": saved.join("") },
  });
  const { content } = await sozu.expectOk({ kind: "query_cluster_by_id", value: "kept" });
  const answers = content?.content_type;
  assert.ok(answers?.kind === "worker_responses");
  for (const answer of answers.value.map.values()) {
    const clusters = answer.content_type;
    assert.ok(clusters?.kind === "clusters");
    assert.equal(clusters.value.vec[0]?.backends.length, 1);
  }
  const log = () => sozu.stdout + sozu.stderr;
  await waitFor("the count", () => log().includes("2 requests applied, 0 in force, 7 refused"));
  assert.match(log(), /record 2 on line \d+: Invalid value for address\.port: 101439/);
  const counted = await sozu.expectOk({
    kind: "query_metrics",
    value: {
      list: false,
      cluster_ids: [],
      backend_ids: [],
      metric_names: ["config.load_skipped_invalid"],
      no_clusters: true,
      workers: false,
    },
  });
  const metrics = counted.content?.content_type;
  assert.ok(metrics?.kind === "metrics");
  const skipped = metrics.value.main.get("config.load_skipped_invalid")?.inner;
  assert.deepEqual(skipped, { kind: "count", value: 7n });
  await sozu.expectOk({ kind: "remove_cluster", value: "kept" });
  const loaded = await sozu.expectOk({ kind: "load_state", value: "state.json" });
  assert.match(loaded.message, /2 requests applied.*7 records cannot be served and are left out/);
  await sozu.expectOk({ kind: "remove_cluster", value: "kept" });
});
