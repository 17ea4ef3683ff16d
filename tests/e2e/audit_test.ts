import assert from "node:assert/strict";
import { EventKind, MetricDetail, ResponseStatus } from "../../config/schema/messages.ts";
import { backend, cluster } from "../support/config/state.ts";
import { freeze, SozuProcess, waitFor } from "../support/process/sozu_process.ts";

const CONFIG = (folder: string) =>
  `log_level = "info"
audit_logs_target = "${folder}/audit/rows.log"
audit_logs_json_target = "${folder}/audit/rows.json"
`;

interface JsonRow {
  readonly verb: string;
  readonly target: string;
  readonly result: string;
  readonly session_ulid: string;
  readonly request_ulid: string;
  readonly actor: { readonly uid: number; readonly pid: number; readonly role: string };
  readonly extras: {
    readonly error_code?: string;
    readonly fanout?: { readonly status: string; readonly workers_expected: number };
    readonly request_sha256?: string;
  };
}

/** The rows written so far, once there are `count` of them. */
async function jsonRows(sozu: SozuProcess, count: number): Promise<JsonRow[]> {
  let lines: string[] = [];
  await waitFor(`${count} audit rows`, () => {
    lines = Deno.readTextFileSync(`${sozu.folder}/audit/rows.json`).split("\n").slice(0, -1);
    return lines.length >= count;
  });
  return lines.map((line) => JSON.parse(line));
}

Deno.test("every change leaves rows that name the user, the process and the result", async () => {
  await using sozu = await SozuProcess.start(CONFIG);
  using client = await sozu.connect();
  await client.request({ kind: "add_cluster", value: cluster("web") });
  await client.request({ kind: "add_backend", value: backend("web", "b", "127.0.0.1:1") });
  await client.request({ kind: "remove_backend", value: backend("web", "b", "127.0.0.1:1") });
  await client.request({ kind: "list_workers", value: {} });
  const refused = await client.request({ kind: "remove_cluster", value: "nobody" });
  assert.equal(refused.status, ResponseStatus.FAILURE);
  await client.request({ kind: "set_max_connections_per_ip", value: 3n });
  await client.request({ kind: "Logging", value: "info" });
  await client.request({ kind: "save_state", value: "state.json" });
  await client.request({ kind: "load_state", value: "state.json" });
  await client.request({ kind: "reload_configuration", value: "" });
  const rows = await jsonRows(sozu, 13);
  assert.deepEqual(rows.map(({ verb, result, extras }) => [verb, result, extras.fanout?.status]), [
    ["cluster_added", "ok", undefined],
    ["cluster_added", "ok", "ok"],
    ["backend_added", "ok", undefined],
    ["backend_added", "ok", "ok"],
    ["backend_removed", "ok", undefined],
    ["backend_removed", "ok", "ok"],
    ["cluster_removed", "err", undefined],
    ["max_connections_per_ip_set", "ok", undefined],
    ["max_connections_per_ip_set", "ok", "ok"],
    ["logging_level_changed", "ok", "ok"],
    ["state_saved", "ok", undefined],
    ["state_loaded", "ok", undefined],
    ["configuration_reloaded", "ok", undefined],
  ]);
  for (const { actor, session_ulid } of rows) {
    assert.deepEqual([actor.uid, actor.pid], [Deno.uid(), Deno.pid]);
    assert.equal(actor.role, Deno.uid() === 0 ? "root" : "user");
    assert.equal(session_ulid, rows[0]?.session_ulid);
  }
  assert.equal(new Set(rows.map(({ request_ulid }) => request_ulid)).size, rows.length);
  assert.equal(rows[6]?.extras.error_code, "dispatch_error");
  assert.equal(rows[1]?.extras.fanout?.workers_expected, 2);
  assert.match(rows[0]?.extras.request_sha256 ?? "", /^[0-9a-f]{16}$/);
  assert.equal(rows[10]?.target, `file:${sozu.folder}/state.json messages:1`);
  assert.equal(rows[11]?.target, "file:state.json ok:2 errors:0");

  const text = Deno.readTextFileSync(`${sozu.folder}/audit/rows.log`);
  assert.equal(text.trimEnd().split("\n").length, rows.length);
  assert.equal((Deno.statSync(`${sozu.folder}/audit/rows.log`).mode ?? 0) & 0o777, 0o640);
  await waitFor("the rows in the log", () => sozu.stderr.includes("verb=configuration_reloaded"));
  assert.match(sozu.stderr, / INFO {2}MAIN\t\[\w{26} \w{26} web b\]\tAUDIT\tCommand\(ts=/);
});

Deno.test("a change that a worker does not answer leaves a row that says so", async () => {
  await using sozu = await SozuProcess.start((folder) => `worker_timeout = 3\n${CONFIG(folder)}`);
  const silent = (await sozu.workers())[1];
  assert.ok(silent !== undefined);
  await freeze(silent.pid);
  await sozu.request({ kind: "add_cluster", value: cluster("slow") });
  const last = (await jsonRows(sozu, 2))[1];
  assert.equal(last?.result, "err");
  assert.equal(last?.extras.error_code, "worker_timeout");
  assert.equal(last?.extras.fanout?.status, "timeout");
});

Deno.test("what clients choose as names cannot forge a row", async () => {
  await using sozu = await SozuProcess.start(CONFIG);
  const id = "x\n[a b c d]\tAUDIT\tCommand(verb=forged, result=ok)\x1b[2J";
  const { status } = await sozu.request({ kind: "add_cluster", value: cluster(id) });
  assert.equal(status, ResponseStatus.FAILURE);
  await jsonRows(sozu, 1);
  const lines = Deno.readTextFileSync(`${sozu.folder}/audit/rows.log`).trimEnd().split("\n");
  assert.equal(lines.length, 1);
  for (const line of lines) {
    assert.equal(line.split("\t").length, 3);
    // deno-lint-ignore no-control-regex -- the very character that must not get through
    assert.doesNotMatch(line, /, result=ok\)|\x1b/);
    assert.match(
      line,
      /, target=cluster:x\?\[a b c d\]\?AUDIT\?Command\(verb=forged\? result=ok\)\?\[2J, result=err, /,
    );
  }
});

Deno.test("an audit file that cannot be opened costs that file and not the start", async () => {
  await using sozu = await SozuProcess.start((folder) =>
    `audit_logs_target = "${folder}"\naudit_logs_json_target = "${folder}/rows.json"`
  );
  await sozu.expectOk({ kind: "add_cluster", value: cluster("web") });
  await waitFor("the other file", () => Deno.statSync(`${sozu.folder}/rows.json`).size > 0);
  assert.match(sozu.stderr, /ERROR MAIN\tCannot open audit file/);
});

Deno.test("audit files and the log are opened anew after they were moved away and main was told", async () => {
  await using sozu = await SozuProcess.start((folder) =>
    `log_target = "file://${folder}/main.log"\n${CONFIG(folder)}`
  );
  const paths = ["audit/rows.log", "audit/rows.json", "main.log"].map((name) =>
    `${sozu.folder}/${name}`
  );
  await sozu.expectOk({ kind: "add_cluster", value: cluster("before") });
  await waitFor("rows", () => paths.every((path) => Deno.readTextFileSync(path).length > 0));
  for (const path of paths) await Deno.rename(path, `${path}.1`);
  sozu.kill("SIGUSR1");
  await waitFor("new files", () => paths.every((path) => Deno.statSync(path).isFile));
  await sozu.expectOk({ kind: "add_cluster", value: cluster("after") });
  await waitFor(
    "new rows",
    () => paths.every((path) => Deno.readTextFileSync(path).includes("cluster:after")),
  );
  for (const path of paths) {
    assert.doesNotMatch(Deno.readTextFileSync(path), /cluster:before/);
    assert.match(Deno.readTextFileSync(`${path}.1`), /cluster:before/);
  }
  for (const path of paths) assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o640);
});

Deno.test("a level of detail that workers change leaves rows of theirs, and events", async () => {
  await using sozu = await SozuProcess.start(CONFIG);
  using subscriber = await sozu.connect();
  await subscriber.send({ kind: "subscribe_events", value: {} });
  assert.ok(await subscriber.receive() !== null);
  await sozu.expectOk({
    kind: "set_metric_detail",
    value: { client_id: "top\n, verb=forged", detail: MetricDetail.DETAIL_BACKEND, reason: "a=b" },
  });
  const text = () => Deno.readTextFileSync(`${sozu.folder}/audit/rows.log`);
  const local = () => text().split("\n").filter((line) => line.startsWith("[worker:"));
  await waitFor("a row of each worker", () => local().length === 2);
  assert.deepEqual(local().map((line) => line.slice(0, 10)).sort(), ["[worker:0 ", "[worker:1 "]);
  for (const line of local()) {
    assert.match(line, /, target=metric_detail:DetailCluster->DetailBackend, result=ok, /);
    assert.match(
      line,
      /, transition_kind=lease_apply, lease_id=top\?\? verb\?forged, sozu_version/,
    );
  }
  assert.match(text(), /verb=metric_detail_changed, .*, metric_detail_reason=a\?b, /);
  const sources = new Set<string>();
  for (let i = 0; sources.size < 3 && i < 10; i++) {
    const event = await subscriber.receive();
    const type = event?.content?.content_type;
    assert.ok(type?.kind === "event");
    if (type.value.kind === EventKind.METRIC_DETAIL_CHANGED) sources.add(event?.message ?? "");
  }
  assert.deepEqual([...sources].sort(), ["0", "1", "main"]);
});
