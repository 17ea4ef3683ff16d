import assert from "node:assert/strict";
import {
  QueryMetricsOptions,
  type Request,
  ResponseStatus,
  RunState,
} from "../../config/schema/messages.ts";
import { cluster } from "../support/config/state.ts";
import { findProgram } from "../bench/load/tools.ts";
import { freePort } from "../support/ports.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";

const MKFIFO = findProgram("mkfifo");

const add = (id: string): NonNullable<Request["request_type"]> => ({
  kind: "add_cluster",
  value: cluster(id),
});

/** Ids of the clusters of every process, which must agree; sorted. */
async function clusters(sozu: SozuProcess): Promise<string[]> {
  const response = await sozu.expectOk({ kind: "query_clusters_hashes", value: {} });
  const type = response.content?.content_type;
  assert.equal(type?.kind, "worker_responses");
  const all = [...type.value.map.values()].map(({ content_type }) => {
    assert.equal(content_type?.kind, "cluster_hashes");
    return [...content_type.value.map].sort();
  });
  for (const one of all) assert.deepEqual(one, all[0], "main and workers agree");
  return (all[0] ?? []).map(([id]) => id);
}

Deno.test("save_state and load_state carry a configuration to another main process", async () => {
  await using first = await SozuProcess.start("");
  await first.expectOk(add("a"));
  await first.expectOk(add("b"));
  const path = `${first.folder}/state.json`;
  const saved = await first.expectOk({ kind: "save_state", value: "state.json" });
  assert.match(saved.message, new RegExp(`Saved 2 config messages to ${path}`));
  assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
  assert.deepEqual(
    [...Deno.readDirSync(first.folder)].map(({ name }) => name).sort(),
    ["sozu.sock", "sozu.toml", "state.json"],
    "no temporary file stays",
  );

  await using second = await SozuProcess.start("");
  await second.expectOk({ kind: "load_state", value: path });
  assert.deepEqual(await clusters(second), ["a", "b"]);
  const copy = `${second.folder}/copy.json`;
  await second.expectOk({ kind: "save_state", value: copy });
  assert.equal(Deno.readTextFileSync(copy), Deno.readTextFileSync(path));
});

Deno.test("load_state applies nothing of a file with a broken record, and says which", async () => {
  await using sozu = await SozuProcess.start("");
  await sozu.expectOk(add("a"));
  const path = `${sozu.folder}/state.json`;
  await sozu.expectOk({ kind: "save_state", value: path });
  await sozu.expectOk({ kind: "remove_cluster", value: "a" });
  await Deno.writeTextFile(path, '{"id":"x","content":{"request_type":{"NO_SUCH":1}}}\n\0', {
    append: true,
  });
  const response = await sozu.request({ kind: "load_state", value: path });
  assert.equal(response.status, ResponseStatus.FAILURE);
  assert.match(response.message, /record 2/);
  assert.deepEqual(await clusters(sozu), []);
  const missing = await sozu.request({ kind: "load_state", value: "/nowhere/at/all" });
  assert.equal(missing.status, ResponseStatus.FAILURE);
});

Deno.test("load_state leaves out records that are refused, and reports every one", async () => {
  await using sozu = await SozuProcess.start("", {
    files: {
      "state.json": [
        '{"id":"1","content":{"request_type":{"REMOVE_CLUSTER":"unknown"}}}',
        '{"id":"2","content":{"request_type":{"SOFT_STOP":{}}}}',
        '{"id":"3","content":{"request_type":{"ADD_CLUSTER":{"cluster_id":"c","sticky_session":' +
        'false,"https_redirect":false,"load_balancing":0}}}}',
      ].map((record) => `${record}\n\0`).join(""),
    },
  });
  const response = await sozu.expectOk({ kind: "load_state", value: "state.json" });
  assert.match(response.message, /2 records are refused and left out: record 1 .*; record 2 /);
  assert.deepEqual(await clusters(sozu), ["c"]);
});

Deno.test("the saved state is kept up to date and loaded again at the next start", async () => {
  const config = (folder: string) =>
    `saved_state = "${folder}/state.json"\nautomatic_state_save = true`;
  await using sozu = await SozuProcess.start(config);
  await sozu.expectOk(add("a"));
  await waitFor("the automatic save", () => {
    try {
      return Deno.readTextFileSync(`${sozu.folder}/state.json`).includes('"a"');
    } catch {
      return false;
    }
  });
  await sozu.expectOk(add("b"));
  // The last change is written before main leaves, however soon after it that is.
  await sozu.expectOk({ kind: "soft_stop", value: {} });
  assert.equal(await sozu.exitCode(), 0);
  await using next = await sozu.startAgain();
  assert.deepEqual(await clusters(next), ["a", "b"]);
});

Deno.test("a saved state that cannot be read is kept when the next save replaces it", async () => {
  const broken = '{"id":"SAVE-0","content":{"request_type":{"ADD_CLU';
  await using sozu = await SozuProcess.start(
    (folder) => `saved_state = "${folder}/state.json"\nautomatic_state_save = true`,
    { files: { "state.json": broken } },
  );
  await sozu.expectOk(add("a"));
  await waitFor(
    "the automatic save",
    () => Deno.readTextFileSync(`${sozu.folder}/state.json`).includes('"a"'),
  );
  assert.equal(Deno.readTextFileSync(`${sozu.folder}/state.json.unreadable`), broken);
  assert.match(sozu.stderr, /ERROR.*record 1 on line 1: it is cut short.*a copy of it is kept/);
});

Deno.test(
  "a saved state that is no file holds nothing up, stays what it is, and is written once it can be",
  {
    ignore: MKFIFO === null,
  },
  async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/state`;
    assert.ok((await new Deno.Command(MKFIFO as string, { args: [path] }).output()).success);
    try {
      await using sozu = await SozuProcess.start(
        `saved_state = "${path}"\nautomatic_state_save = true`,
      );
      await sozu.expectOk(add("a"));
      await waitFor(
        "the failed save in the log",
        () => /ERROR.*Cannot save the state.*no regular file; tried again in/.test(sozu.stderr),
      );
      assert.ok(Deno.lstatSync(path).isFifo);
      await Deno.remove(path);
      await waitFor("the next attempt", () => {
        try {
          return Deno.readTextFileSync(path).includes('"a"');
        } catch {
          return false;
        }
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

const FILE = `
[clusters.stays]
protocol = "http"
frontends = []
backends = [{ address = "127.0.0.1:9001" }]
[clusters.goes]
protocol = "http"
frontends = []
backends = [{ address = "127.0.0.1:9002" }]
`;

Deno.test("reload_configuration applies what changed in the file, removals included", async () => {
  await using sozu = await SozuProcess.start(FILE);
  await sozu.expectOk(add("runtime"));
  const unchanged = await sozu.expectOk({ kind: "reload_configuration", value: "" });
  assert.match(unchanged.message, /: 0 requests applied, 0 in force already$/);

  await SozuProcess.writeConfig(
    sozu.folder,
    "max_connections = 77\n" + FILE.replaceAll("goes", "comes").replace("9001", "9003"),
  );
  const changed = await sozu.expectOk({ kind: "reload_configuration", value: "" });
  assert.match(changed.message, /; not before the next start: max_connections$/);
  assert.deepEqual(await clusters(sozu), ["comes", "runtime", "stays"]);
  const response = await sozu.expectOk({ kind: "query_cluster_by_id", value: "stays" });
  const type = response.content?.content_type;
  assert.equal(type?.kind, "worker_responses");
  for (const { content_type } of type.value.map.values()) {
    assert.equal(content_type?.kind, "clusters");
    assert.deepEqual(content_type.value.vec[0]?.backends.map(({ address }) => address.port), [
      9003,
    ]);
  }
});

Deno.test("reload_configuration puts back what was changed at run time about the file's objects", async () => {
  await using sozu = await SozuProcess.start(FILE);
  await sozu.expectOk({ kind: "remove_cluster", value: "stays" });
  await sozu.expectOk({ kind: "reload_configuration", value: "" });
  assert.deepEqual(await clusters(sozu), ["goes", "stays"]);
});

Deno.test("reload_configuration refuses a bad file, lists its problems and changes nothing", async () => {
  await using sozu = await SozuProcess.start(FILE);
  await SozuProcess.writeConfig(sozu.folder, 'worker_count = "x"\nbuffer_siz = 1\n');
  const response = await sozu.request({ kind: "reload_configuration", value: "" });
  assert.equal(response.status, ResponseStatus.FAILURE);
  assert.match(response.message, /:2: worker_count/);
  assert.match(response.message, /:3: buffer_siz/);
  assert.deepEqual(await clusters(sozu), ["goes", "stays"]);
  const missing = await sozu.request({ kind: "reload_configuration", value: "/nowhere.toml" });
  assert.equal(missing.status, ResponseStatus.FAILURE);
  assert.deepEqual(await clusters(sozu), ["goes", "stays"]);
});

Deno.test("reload_configuration changes nothing when a worker cannot do what the file says", async () => {
  await using sozu = await SozuProcess.start(FILE);
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const listener = `[[listeners]]\nprotocol = "http"\naddress = "127.0.0.1:${port}"\n`;
  await SozuProcess.writeConfig(sozu.folder, listener + FILE.replaceAll("goes", "comes"));
  const response = await sozu.request({ kind: "reload_configuration", value: "" });
  assert.equal(response.status, ResponseStatus.FAILURE);
  assert.match(
    response.message,
    /nothing was applied; workers: 0: .*, 1: .*rolled back everywhere/,
  );
  assert.deepEqual(await clusters(sozu), ["goes", "stays"]);
  taken.close();
  await sozu.expectOk({ kind: "reload_configuration", value: "" });
  assert.deepEqual(await clusters(sozu), ["comes", "stays"]);
});

Deno.test("Logging changes the level of main and workers, and refuses what it cannot read", async () => {
  await using sozu = await SozuProcess.start("");
  const refused = await sozu.request({ kind: "Logging", value: "loud,a=b=c" });
  assert.equal(refused.status, ResponseStatus.FAILURE);
  assert.match(refused.message, /loud.*a=b=c/);
  await sozu.expectOk({ kind: "Logging", value: "error" });
  await sozu.expectOk({ kind: "Logging", value: "info" });
});

Deno.test("query_max_connections_per_ip answers with the limit the workers apply", async () => {
  await using sozu = await SozuProcess.start("max_connections_per_ip = 7");
  const response = await sozu.expectOk({ kind: "query_max_connections_per_ip", value: {} });
  const type = response.content?.content_type;
  assert.equal(type?.kind, "max_connections_per_ip_limit");
  assert.equal(type.value.limit, 7n);
});

Deno.test("query_max_connections_per_subnet answers with the limit and the sizes of the file", async () => {
  await using sozu = await SozuProcess.start(
    "max_connections_per_subnet = 7\nsubnet_ipv4_prefix = 24\nsubnet_ipv6_prefix = 48",
  );
  const limit = async () => {
    const query = { kind: "query_max_connections_per_subnet", value: {} } as const;
    return (await sozu.expectOk(query)).content?.content_type;
  };
  const kind = "max_connections_per_subnet_limit";
  const sizes = { ipv4_prefix: 24, ipv6_prefix: 48 };
  assert.deepEqual(await limit(), { kind, value: { limit: 7n, ...sizes } });
  await sozu.expectOk({ kind: "set_max_connections_per_subnet", value: 9n });
  assert.deepEqual(await limit(), { kind, value: { limit: 9n, ...sizes } });
});

Deno.test("query_metrics answers with the sums of what the workers have counted", async () => {
  await using sozu = await SozuProcess.start("worker_count = 2");
  const response = await sozu.expectOk({
    kind: "query_metrics",
    value: { ...QueryMetricsOptions.empty(), metric_names: ["http.requests"] },
  });
  const type = response.content?.content_type;
  assert.equal(type?.kind, "metrics");
  assert.deepEqual(
    [...type.value.proxying],
    [["http.requests", { inner: { kind: "count", value: 0n } }]],
  );
});

Deno.test("the configuration file comes first at boot, the saved state on top of it", async () => {
  const file = `
[[listeners]]
protocol = "http"
address = "127.0.0.1:${freePort()}"
front_timeout = 11
[clusters.both]
protocol = "http"
load_balancing = "ROUND_ROBIN"
frontends = []
backends = [{ address = "127.0.0.1:9001" }]
[clusters.removed]
protocol = "http"
frontends = []
backends = []
`;
  await using first = await SozuProcess.start(file);
  await first.expectOk({ kind: "remove_cluster", value: "removed" });
  await first.expectOk(add("saved"));
  const changed = { ...cluster("both"), load_balancing: 1 };
  await first.expectOk({ kind: "add_cluster", value: changed });
  await first.expectOk({ kind: "save_state", value: "state.json" });
  const state = Deno.readTextFileSync(`${first.folder}/state.json`);

  await using second = await SozuProcess.start(
    (folder) => `saved_state = "${folder}/state.json"\n${file.replace("= 11", "= 22")}`,
    { files: { "state.json": state } },
  );
  // Both have `saved` and `both`; what was removed at run time is in the file, and back.
  assert.deepEqual(await clusters(second), ["both", "removed", "saved"]);
  const both = (await second.expectOk({ kind: "query_cluster_by_id", value: "both" }))
    .content?.content_type;
  assert.equal(both?.kind, "worker_responses");
  const main = both.value.map.get("main")?.content_type;
  assert.equal(main?.kind, "clusters");
  assert.equal(main.value.vec[0]?.configuration?.load_balancing, 1, "the saved cluster replaces");
  assert.equal(main.value.vec[0]?.backends.length, 1);
  const listeners = (await second.expectOk({ kind: "list_listeners", value: {} }))
    .content?.content_type;
  assert.equal(listeners?.kind, "listeners_list");
  const [listener] = listeners.value.http_listeners.values();
  assert.equal(listener?.front_timeout, 22, "the listener of the file stays");
});

Deno.test("a worker that takes in a hundred thousand objects is not mistaken for a hanging one", async () => {
  const records = Array.from({ length: 50_000 }, (_, i) => [
    {
      ADD_CLUSTER: {
        cluster_id: `c${i}`,
        sticky_session: false,
        https_redirect: false,
        load_balancing: 0,
      },
    },
    {
      ADD_BACKEND: {
        cluster_id: `c${i}`,
        backend_id: `b${i}`,
        address: { ip: { inner: { V4: 2130706433 } }, port: 9000 },
      },
    },
  ]).flat();
  const lines = records.map((request_type, i) =>
    JSON.stringify({ id: `SAVE-${i}`, content: { request_type } })
  );
  await using sozu = await SozuProcess.start(
    (folder) => `worker_count = 1\nworker_timeout = 60\nsaved_state = "${folder}/state.json"`,
    // Main answers when the worker is there, which may last as long as `worker_timeout` and longer to load.
    {
      files: { "state.json": lines.map((line) => `${line}\n\0`).join("") },
      patienceMs: 180_000,
    },
  );
  const [worker] = await sozu.workers();
  assert.deepEqual([worker?.id, worker?.run_state], [0, RunState.RUNNING]);
  assert.match(sozu.stderr, /100000 requests applied/);
  assert.doesNotMatch(sozu.stderr, /no sign of life/);
});
