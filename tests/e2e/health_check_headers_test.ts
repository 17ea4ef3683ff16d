// Headers of health checks whose values main and its workers hold in memory only.

import assert from "node:assert/strict";
import {
  HealthCheckConfig,
  type HealthCheckHeader,
  ProtectedHealthCheckPhase,
  QueryMetricsOptions,
  ResponseStatus,
} from "../../config/schema/messages.ts";
import { cliOf } from "../support/cli/sozu_cli.ts";
import { configFor } from "../support/config/served_config.ts";
import { cluster } from "../support/config/state.ts";
import { type Answer, type Origin, startOrigin } from "../support/http/origin.ts";
import { freePort } from "../support/ports.ts";
import { freeze, SozuProcess, waitFor } from "../support/process/sozu_process.ts";

const ignore = Deno.build.os !== "linux";

const MAIN_MODULE = new URL("../../main.ts", import.meta.url).href;

const SECRET = "s3cret-of-the-probes";

const CHECK: HealthCheckConfig = {
  ...HealthCheckConfig.empty(),
  uri: "/health",
  interval: 1,
  headers: [{ name: "X-Key", fingerprint: "" }],
};

function startBackend(): Origin {
  return startOrigin((): Answer => ({ kind: "fixed", body: "ok" }));
}

/** The values of X-Key of the probes so far, none for one that came without. */
function keysOf(origin: Origin): string[] {
  return origin.requests.filter(({ target }) => target === CHECK.uri)
    .map(({ head }) => /\r\nX-Key: (.*)\r\n/.exec(head)?.[1] ?? "none");
}

/** Waits for a few probes more. */
async function moreProbes(origin: Origin): Promise<void> {
  const before = keysOf(origin).length;
  await waitFor("probes", () => keysOf(origin).length >= before + 3);
}

function protect(value = SECRET, config = CHECK) {
  const values = [{ name: "X-Key", value: new TextEncoder().encode(value) }];
  return {
    kind: "set_protected_health_check" as const,
    value: { cluster_id: "app", config, values },
  };
}

/** The headers of the check as everybody may see them. */
async function shownHeaders(sozu: SozuProcess): Promise<HealthCheckHeader[]> {
  const { content } = await sozu.expectOk({ kind: "query_health_checks", value: {} });
  const list = content?.content_type;
  assert.equal(list?.kind, "health_checks_list");
  return list.value.map.get("app")?.headers ?? [];
}

async function missingSecrets(sozu: SozuProcess): Promise<number> {
  const value = { ...QueryMetricsOptions.empty(), metric_names: ["health_check.missing_secret"] };
  const { content } = await sozu.expectOk({ kind: "query_metrics", value });
  const metrics = content?.content_type;
  assert.equal(metrics?.kind, "metrics");
  const { inner } = metrics.value.proxying.get("health_check.missing_secret") ?? {};
  return inner?.kind === "count" ? Number(inner.value) : 0;
}

function assertNowhere(sozu: SozuProcess, ...texts: string[]): void {
  for (const text of [sozu.stdout, sozu.stderr, ...texts]) assert.ok(!text.includes(SECRET), text);
}

Deno.test({
  name: "header values of probes survive workers and main, and are in no file, answer or log",
  ignore,
  async fn() {
    await using origin = startBackend();
    await using sozu = await SozuProcess.start((folder) => {
      const files = ["audit_logs_target", "audit_logs_json_target"]
        .map((key) => `${key} = "${folder}/${key}"\n`);
      return configFor(freePort(), origin.address, `log_level = "debug"\n${files.join("")}`);
    });
    const support = await sozu.expectOk({
      kind: "query_protected_health_check_support",
      value: {},
    });
    assert.deepEqual(support.content?.content_type, {
      kind: "protected_health_check_reply",
      value: { phase: 0, cluster_id: "", version: 0n },
    });
    const answer = await sozu.expectOk(protect());
    assert.match(answer.message, /on 2 workers/);
    await moreProbes(origin);

    const shown = await shownHeaders(sozu);
    assert.equal(shown[0]?.name, "X-Key");
    assert.match(shown[0]?.fingerprint ?? "", /^sozu-hc-hmac-sha256:v1:[0-9a-f]{32}:[0-9a-f]{64}$/);
    await sozu.expectOk({ kind: "save_state", value: `${sozu.folder}/state.json` });
    assertNowhere(sozu, await Deno.readTextFile(`${sozu.folder}/state.json`));

    // Workers that die are replaced, and new ones have the values before they serve.
    const before = await sozu.runningWorkers();
    for (const { pid } of before) Deno.kill(pid, "SIGKILL");
    await waitFor("new workers", async () => {
      const now = await sozu.runningWorkers();
      return now.length === 2 && now.every(({ id }) => before.every((old) => old.id !== id));
    });
    await moreProbes(origin);
    const [worker] = await sozu.runningWorkers();
    await sozu.expectOk({ kind: "upgrade_worker", value: worker?.id ?? 0 });
    await moreProbes(origin);
    await sozu.expectOk({ kind: "upgrade_main", value: {} });
    await moreProbes(origin);
    assert.deepEqual(await shownHeaders(sozu), shown);
    assert.equal(await missingSecrets(sozu), 0);
    assert.deepEqual(new Set(keysOf(origin)), new Set([SECRET]));
    const audited = await Deno.readTextFile(`${sozu.folder}/audit_logs_json_target`);
    assert.match(audited, /health_check:app/);
    assertNowhere(sozu, audited, await Deno.readTextFile(`${sozu.folder}/audit_logs_target`));
  },
});

Deno.test({
  name: "a check whose header values are not held sends nothing and is counted",
  ignore,
  async fn() {
    await using origin = startBackend();
    await using sozu = await SozuProcess.start(
      configFor(freePort(), origin.address, "worker_count = 1"),
    );
    const set = (config: HealthCheckConfig) =>
      sozu.expectOk({ kind: "set_health_check", value: { cluster_id: "app", config } });
    await set(CHECK);
    await waitFor("probes that are not sent", async () => await missingSecrets(sozu) >= 2);
    assert.deepEqual(keysOf(origin), []);

    await sozu.expectOk(protect());
    await moreProbes(origin);
    // The same names with the same fingerprints keep the values, whatever else changes.
    const headers = await shownHeaders(sozu);
    const missing = await missingSecrets(sozu);
    await set({ ...CHECK, headers, timeout: 3 });
    const app = { ...cluster("app"), health_check: { ...CHECK, headers, timeout: 4 } };
    await sozu.expectOk({ kind: "add_cluster", value: app });
    await moreProbes(origin);
    assert.equal(await missingSecrets(sozu), missing);
    // Other ones do not, and the values are gone for good.
    await set({
      ...CHECK,
      headers: [{ name: "x-key", fingerprint: headers[0]?.fingerprint ?? "" }],
    });
    await set({ ...CHECK, headers });
    await waitFor(
      "probes that are not sent",
      async () => await missingSecrets(sozu) >= missing + 2,
    );
    const [worker] = await sozu.runningWorkers();
    await sozu.expectOk({ kind: "upgrade_worker", value: worker?.id ?? 0 });
    const probes = keysOf(origin).length;
    await waitFor(
      "probes that are not sent",
      async () => await missingSecrets(sozu) >= missing + 4,
    );
    assert.equal(keysOf(origin).length, probes);
    await sozu.expectOk(protect("another"));
    await moreProbes(origin);
    assert.deepEqual(new Set(keysOf(origin)), new Set([SECRET, "another"]));
  },
});

Deno.test({
  name: "a change with header values is refused whole, and the reason has no value",
  ignore,
  async fn() {
    await using origin = startBackend();
    await using sozu = await SozuProcess.start(
      configFor(freePort(), origin.address, "worker_count = 1"),
    );
    await sozu.expectOk(protect());
    const shown = await shownHeaders(sozu);
    const made = [{ name: "X-Key", fingerprint: shown[0]?.fingerprint ?? "" }];
    const unknown = { ...protect(), value: { ...protect().value, cluster_id: "unknown" } };
    const cases = [
      [protect(`${SECRET}\r\n`), /control character/],
      [protect(` ${SECRET}`), /blank/],
      [protect(SECRET, { ...CHECK, headers: [] }), /values/],
      [protect(SECRET, { ...CHECK, headers: [{ name: "Host", fingerprint: "" }] }), /RFC 9110/],
      [protect(SECRET, { ...CHECK, headers: made }), /Fingerprints are made here/],
      [protect(SECRET, { ...CHECK, interval: 0 }), /interval/],
      [unknown, /Cannot find cluster "unknown"/],
    ] as const;
    for (const [request, reason] of cases) {
      const { status, message } = await sozu.request(request);
      assert.equal(status, ResponseStatus.FAILURE);
      assert.match(message, reason);
      assertNowhere(sozu, message);
    }
    const order = await sozu.request({
      kind: "protected_health_check_order",
      value: {
        phase: ProtectedHealthCheckPhase.PROTECTED_HEALTH_CHECK_RELEASE,
        cluster_id: "app",
        version: 1n,
      },
    });
    assert.equal(order.status, ResponseStatus.FAILURE);
    assert.deepEqual(await shownHeaders(sozu), shown);
    await moreProbes(origin);
    assert.deepEqual(new Set(keysOf(origin)), new Set([SECRET]));
  },
});

Deno.test({
  name:
    "while a change with header values is under way, what could meet it is told that it is busy",
  ignore,
  async fn() {
    await using origin = startBackend();
    await using sozu = await SozuProcess.start(
      configFor(freePort(), origin.address, "worker_count = 1"),
    );
    const [worker] = await sozu.runningWorkers();
    assert.ok(worker !== undefined);
    using client = await sozu.connect();
    using other = await sozu.connect();
    await freeze(worker.pid);
    await client.send(protect());
    assert.equal((await client.receive())?.status, ResponseStatus.PROCESSING);
    // In one write, since main does not wait for a silent worker for ever.
    await other.send(
      { kind: "remove_health_check", value: "app" },
      { kind: "remove_cluster", value: "app" },
      { kind: "upgrade_main", value: {} },
      { kind: "reload_configuration", value: "" },
      protect("another"),
    );
    for (let i = 0; i < 5; i++) assert.match((await other.terminal()).message, /^busy/);
    Deno.kill(worker.pid, "SIGCONT");
    // A worker that was silent for too long counts as hung: then the change has failed.
    await client.terminal();
    await waitFor("a worker", async () => (await sozu.runningWorkers()).length === 1);
    await sozu.expectOk({ kind: "remove_health_check", value: "app" });
  },
});

Deno.test({
  name: "the configuration file names files with header values, which start and reload read",
  ignore,
  async fn() {
    await using origin = startBackend();
    const port = freePort();
    const config = configFor(port, origin.address, "worker_count = 1") + `
[clusters.app.health_check]
uri = "/health"
interval = 1
headers = [{ name = "X-Key", value_file = "key" }]
`;
    await using sozu = await SozuProcess.start(config, { files: { key: `${SECRET}\r\n` } });
    await moreProbes(origin);
    const shown = await shownHeaders(sozu);
    const reload = () => sozu.request({ kind: "reload_configuration", value: "" });
    // The same value is the same check.
    assert.match((await reload()).message, /: 0 requests applied/);
    await Deno.writeTextFile(`${sozu.folder}/key`, "another");
    assert.equal((await reload()).status, ResponseStatus.OK);
    await waitFor("the other value", () => keysOf(origin).includes("another"));
    assert.notDeepEqual(await shownHeaders(sozu), shown);
    await Deno.remove(`${sozu.folder}/key`);
    const refused = await reload();
    assert.equal(refused.status, ResponseStatus.FAILURE);
    assert.match(refused.message, /header "X-Key" cannot be read/);
    await moreProbes(origin);
    assert.deepEqual(new Set(keysOf(origin)), new Set([SECRET, "another"]));
    assert.equal(keysOf(origin).at(-1), "another");
    assertNowhere(sozu);
  },
});

Deno.test({
  name: "sozu cluster health-check set takes header values from a file and from standard input",
  ignore,
  async fn() {
    await using origin = startBackend();
    await using sozu = await SozuProcess.start(
      configFor(freePort(), origin.address, "worker_count = 1"),
      { files: { key: `${SECRET}\n` } },
    );
    const set = ["cluster", "health-check", "set", "-i", "app", "-u", "/health", "--interval", "2"];
    const { ok } = cliOf(sozu);
    const shell = `printf 'from stdin' | "$0" "$@"`;
    const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
      args: [
        ...["-c", shell, Deno.execPath(), "run", "-q", "-A", "--no-check", MAIN_MODULE],
        ...["-c", sozu.configPath, "-t", "20000", ...set],
        ...["--header-file", "X-Key=key", "--header-file", "X-In=-"],
      ],
      cwd: sozu.folder,
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.equal(code, 0, said);
    await moreProbes(origin);
    const heads = origin.requests.map(({ head }) => head);
    assert.match(
      heads.at(-1) ?? "",
      new RegExp(`\r\nX-Key: ${SECRET}\r\nX-In: from stdin\r\n\r\n$`),
    );
    const list = await ok("cluster", "health-check", "list");
    assert.match(list, /X-Key: sozu-hc-hmac-sha256:v1:[0-9a-f]{32}:[0-9a-f]{64}/);
    assertNowhere(sozu, said, list, await ok("-j", "cluster", "health-check", "list"));
  },
});
