import assert from "node:assert/strict";
import { ListenerType, type Request, ResponseStatus } from "../../config/schema/messages.ts";
import { writeRecord } from "../../config/codec/saved_state.ts";
import { backend, cluster, httpListener } from "../support/config/state.ts";
import { socketAddress } from "../support/config/commands.ts";
import { freePort } from "../support/ports.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";

type Verb = NonNullable<Request["request_type"]>;

function stateFile(...verbs: Verb[]): string {
  return verbs
    .map((request_type, i) => writeRecord({ id: `SAVE-${i}`, content: { request_type } }))
    .join("");
}

/** How many clusters and backends main and each worker have of what the tests load. */
async function countsOf(sozu: SozuProcess, id: string): Promise<Record<string, number[]>> {
  const response = await sozu.expectOk({ kind: "query_cluster_by_id", value: id });
  const type = response.content?.content_type;
  assert.equal(type?.kind, "worker_responses");
  return Object.fromEntries(
    [...type.value.map].sort().map(([name, { content_type }]) => {
      assert.equal(content_type?.kind, "clusters");
      const [found] = content_type.value.vec;
      return [name, found === undefined ? [0, 0] : [1, found.backends.length]];
    }),
  );
}

const everywhere = (counts: number[]) => ({ "0": counts, "1": counts, main: counts });

const GOOD: Verb[] = [
  { kind: "add_cluster", value: cluster("a") },
  { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1") },
];

Deno.test("load_state leaves out the records that main refuses, counts and names them, and applies the others", async () => {
  await using sozu = await SozuProcess.start("", {
    files: {
      "state.json": stateFile(
        ...GOOD,
        { kind: "remove_cluster", value: "nobody" },
        { kind: "soft_stop", value: {} },
        { kind: "add_backend", value: backend("a", "two", "127.0.0.1:2") },
        // It has nothing to remove, which is what it wants.
        { kind: "remove_backend", value: backend("b", "x", "127.0.0.1:3") },
        { kind: "add_backend", value: backend("b", "x", "127.0.0.1:3") },
      ),
    },
  });
  const response = await sozu.expectOk({ kind: "load_state", value: "state.json" });
  assert.match(
    response.message,
    /3 requests applied, 1 in force already; 3 records are refused and left out: record 3 on line 3: .*"nobody".*record 4 on line 4: soft_stop.*record 7 on line 7: .*no cluster "b"/,
  );
  assert.deepEqual(await countsOf(sozu, "a"), everywhere([1, 2]));
});

Deno.test("load_state takes everything back when a worker refuses a record", async () => {
  await using sozu = await SozuProcess.start("");
  await sozu.expectOk({ kind: "add_cluster", value: cluster("a") });
  await sozu.expectOk({ kind: "add_backend", value: backend("a", "before", "127.0.0.1:9") });
  // Main has no objection to an address that is none of this machine's; workers cannot listen on it.
  const address = socketAddress("192.0.2.1:80");
  await Deno.writeTextFile(
    `${sozu.folder}/state.json`,
    stateFile(
      ...GOOD,
      { kind: "add_http_listener", value: httpListener({ address }) },
      {
        kind: "activate_listener",
        value: { address, proxy: ListenerType.HTTP, from_scm: false },
      },
      { kind: "add_backend", value: backend("a", "two", "127.0.0.1:2") },
    ),
  );
  const response = await sozu.request({ kind: "load_state", value: "state.json" });
  assert.equal(response.status, ResponseStatus.FAILURE);
  assert.match(
    response.message,
    /nothing was applied; workers: 0: .*Cannot listen on 192.0.2.1:80.*, 1: .*\(record 4\); rolled back everywhere/,
  );
  assert.deepEqual(await countsOf(sozu, "a"), everywhere([1, 1]));
  await sozu.expectOk({ kind: "remove_backend", value: backend("a", "before", "127.0.0.1:9") });
});

Deno.test("load_state accepts what is in force already, and leaves out what contradicts it", async () => {
  const address = `127.0.0.1:${freePort()}`;
  await using sozu = await SozuProcess.start(`
[[listeners]]
protocol = "http"
address = "${address}"
[clusters.a]
protocol = "http"
frontends = [{ address = "${address}", hostname = "x.test" }]
backends = [{ address = "127.0.0.1:1" }]
`);
  await sozu.expectOk({ kind: "save_state", value: "state.json" });
  const again = await sozu.expectOk({ kind: "load_state", value: "state.json" });
  assert.match(again.message, /: 3 requests applied, 2 in force already/);
  assert.deepEqual(await countsOf(sozu, "a"), everywhere([1, 1]));

  const other = Deno.readTextFileSync(`${sozu.folder}/state.json`)
    .replace('"cluster_id":"a","address"', '"cluster_id":"other","address"');
  await Deno.writeTextFile(`${sozu.folder}/other.json`, other);
  const response = await sozu.expectOk({ kind: "load_state", value: "other.json" });
  assert.match(
    response.message,
    /left out: .*record 4 on line 4: Cannot add HTTP frontend .* already exists/,
  );
});

Deno.test("load_state applies nothing of a file that is cut off inside a record, and says where", async () => {
  await using sozu = await SozuProcess.start("");
  const whole = stateFile(...GOOD, ...GOOD.slice(1));
  const last = whole.lastIndexOf("{", whole.length - 3);
  using client = await sozu.connect();
  for (let cut = whole.indexOf("\0") + 2; cut < last; cut += 29) {
    if (whole[cut - 1] === "\0") continue;
    await Deno.writeTextFile(`${sozu.folder}/cut.json`, whole.slice(0, cut));
    const response = await client.request({ kind: "load_state", value: "cut.json" });
    assert.equal(response.status, ResponseStatus.FAILURE, `cut at ${cut}`);
    assert.match(response.message, /record \d on line \d: it is cut short.*nothing was applied/);
  }
  assert.deepEqual(await countsOf(sozu, "a"), everywhere([0, 0]));
});

Deno.test("load_state refuses what is no regular file", async () => {
  await using sozu = await SozuProcess.start("");
  for (const path of ["/dev/zero", sozu.folder]) {
    const response = await sozu.request({ kind: "load_state", value: path });
    assert.equal(response.status, ResponseStatus.FAILURE);
    assert.match(response.message, /no regular file/);
  }
});

Deno.test("load_state raises limits of HTTP/2 that nobody may set, and adding a listener with them is refused", async () => {
  const add: Verb = {
    kind: "add_http_listener",
    value: httpListener({ h2_max_ping_per_window: 0, h2_stream_shrink_ratio: 1 }),
  };
  await using sozu = await SozuProcess.start("", { files: { "state.json": stateFile(add) } });
  const refused = await sozu.request(add);
  assert.equal(refused.status, ResponseStatus.FAILURE);
  assert.match(refused.message, /h2_max_ping_per_window: 0, accepted is 1 or more/);
  await sozu.expectOk({ kind: "load_state", value: "state.json" });
  const listed = await sozu.expectOk({ kind: "list_listeners", value: {} });
  const type = listed.content?.content_type;
  assert.ok(type?.kind === "listeners_list");
  const [listener] = type.value.http_listeners.values();
  assert.deepEqual([listener?.h2_max_ping_per_window, listener?.h2_stream_shrink_ratio], [1, 2]);
  assert.match(sozu.stdout + sozu.stderr, /too low in record 1 on line 1, raised: h2_max_ping_/);
  const patch = { address: add.value.address, answers: new Map(), h2_max_ping_per_window: 0 };
  const patched = await sozu.request({ kind: "update_http_listener", value: patch });
  assert.match(patched.message, /h2_max_ping_per_window: 0, accepted is 1 or more/);
});

Deno.test("load_state lets other clients change other objects while it runs", async () => {
  const clusters = Array.from({ length: 1_500 }, (_, i) => `c-${i}`);
  await using sozu = await SozuProcess.start('log_level = "error"', {
    files: {
      "state.json": stateFile(
        ...clusters.map((id) => ({ kind: "add_cluster" as const, value: cluster(id) })),
        ...clusters.flatMap((id) =>
          [1, 2, 3].map((n) => ({
            kind: "add_backend" as const,
            value: backend(id, `b-${n}`, `127.0.0.1:${n}`),
          }))
        ),
      ),
    },
  });
  using loader = await sozu.connect();
  using other = await sozu.connect();
  await other.request({ kind: "add_cluster", value: cluster("mine") });
  let loaded = false;
  await loader.send({ kind: "load_state", value: "state.json" });
  const loading = loader.terminal().then((response) => {
    loaded = true;
    return response;
  });
  let meanwhile = 0;
  for (let i = 0; !loaded; i++) {
    const value = backend("mine", `b-${i}`, "127.0.0.1:5");
    assert.equal((await other.request({ kind: "add_backend", value })).status, ResponseStatus.OK);
    if (!loaded) meanwhile++;
  }
  assert.match((await loading).message, /6000 requests applied, 0 in force already/);
  assert.ok(meanwhile > 3, `${meanwhile} changes were made meanwhile`);
  assert.deepEqual(await countsOf(sozu, "c-1499"), everywhere([1, 3]));
  assert.deepEqual(Object.keys(await countsOf(sozu, "mine")), ["0", "1", "main"]);
});
