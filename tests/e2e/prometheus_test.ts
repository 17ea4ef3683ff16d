// What Prometheus gets: checked by its own tool, and scraped by a real one, from main and from the
// connector, over HTTP and over TLS.

import assert from "node:assert/strict";
import { ENDPOINT_LIMITS } from "../../src/io/http/endpoint.ts";
import { findTools } from "../bench/load/tools.ts";
import { CountingOrigin, sendMix } from "../support/observe/counted_traffic.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { Lab } from "../support/process/lab.ts";
import { freePort } from "../support/ports.ts";
import { checkWithPromtool, parseWithPython } from "../support/observe/prometheus_parser.ts";
import { PrometheusProcess } from "../support/observe/prometheus_process.ts";
import { sozuCommand } from "../support/cli/sozu_cli.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";

const tools = await findTools(["prometheus", "promtool"]);
const REQUESTS = 400;

interface Proxy {
  readonly port: number;
  readonly metrics: number;
  readonly config: string;
}

function proxyFor(backend: string, more = ""): Proxy {
  const port = freePort();
  const metrics = freePort();
  const config = `worker_count = 2

[prometheus]
address = "127.0.0.1:${metrics}"
${more}

[[listeners]]
protocol = "http"
address = "127.0.0.1:${port}"

[clusters."app \\"1\\""]
protocol = "http"
frontends = [{ address = "127.0.0.1:${port}", hostname = "app.test" }]
backends = [{ address = "${backend}", backend_id = "app-0" }]
`;
  return { port, metrics, config };
}

async function page(
  url: string,
  { accept = "*/*", client }: { accept?: string; client?: Deno.HttpClient } = {},
): Promise<string> {
  const init = { headers: { accept }, ...(client === undefined ? {} : { client }) };
  const response = await fetch(url, init);
  assert.equal(response.status, 200, await response.clone().text());
  return await response.text();
}

/** The sum of the values of a family. */
function sumOf(text: string, name: string): number {
  return text.split("\n")
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** The bounds of each histogram: of every family the different lists there are. */
function boundsOf(text: string): Map<string, Set<string>> {
  const lists = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [, name, labels, le] = /^(\w+)_bucket\{(.*?),?le="([^"]+)"\}/.exec(line) ?? [];
    if (name === undefined || le === undefined) continue;
    const key = `${name} ${labels}`;
    lists.set(key, [...lists.get(key) ?? [], le]);
  }
  const families = new Map<string, Set<string>>();
  for (const [key, list] of lists) {
    const name = key.slice(0, key.indexOf(" "));
    families.set(name, (families.get(name) ?? new Set()).add(list.join()));
  }
  return families;
}

function checkFamilies(text: string): void {
  const bounds = boundsOf(text);
  assert.ok(bounds.has("sozu_request_time_seconds"));
  for (const [name, lists] of bounds) assert.equal(lists.size, 1, `${name}: ${[...lists]}`);
  assert.deepEqual(text.split("\n").filter((line) => / Measurement \S+ of sozu$/.test(line)), []);
  const families = text.split("\n").filter((line) => line.startsWith("# TYPE "));
  assert.equal(families.filter((line) => line.includes("per_source")).length, 1);
  assert.match(text, /^sozu_build_info\{version="[^"]+",revision="[^"]+",deno="[^"]+",.*\} 1$/m);
  for (const name of ["cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds"]) {
    assert.ok(sumOf(text, `process_${name}`) > 0, name);
    assert.match(text, new RegExp(`^process_${name}\\{process="worker",worker_id="\\d+"\\}`, "m"));
  }
  const starts = text.match(/^process_start_time_seconds\{.*$/gm) ?? [];
  assert.equal(starts.length, 3);
}

async function checkWithOthers(text: string, openmetrics: string): Promise<void> {
  const promtool = tools.get("promtool");
  if (promtool !== undefined) await checkWithPromtool(promtool, text);
  for (const [page, format] of [[text, "text"], [openmetrics, "openmetrics"]] as const) {
    const parsed = await parseWithPython(page, format);
    if (parsed === null) return;
    assert.ok(parsed.some(([name, type]) => name === "process_cpu_seconds" && type === "counter"));
    assert.deepEqual(parsed.filter(([, type, help]) => type === "unknown" || help === ""), []);
  }
}

/** The scrape configuration of the README, for a target of ours and at once. */
function readmeScrapeConfig(target: string): string {
  const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
  const config = /```yaml\n(scrape_configs:[^`]+)```/.exec(readme)?.[1];
  if (config === undefined) throw new Error("The README has no scrape configuration");
  assert.ok(config.includes('"127.0.0.1:9090"'));
  return config.replace("127.0.0.1:9090", target).replace("15s", "1s");
}

Deno.test("main serves the metrics of all workers as Prometheus wants them", async () => {
  using origin = new CountingOrigin();
  const { port, metrics, config } = proxyFor(origin.address);
  await using sozu = await SozuProcess.start(config);
  await sendMix(port, "app.test", REQUESTS, 8);
  const url = `http://127.0.0.1:${metrics}`;
  await waitFor(
    "the last request to be measured",
    async () => sumOf(await page(`${url}/metrics`), "sozu_http_active_requests") === 0,
  );
  const text = await page(`${url}/metrics`);
  assert.equal(sumOf(text, "sozu_http_requests_total"), REQUESTS);
  assert.equal(sumOf(text, "sozu_requests_total"), origin.count.requests);
  assert.match(text, /^sozu_requests_total\{cluster_id="app \\"1\\""\} \d+$/m);
  assert.equal(sumOf(text, "sozu_workers_running"), 2);
  const openmetrics = await page(`${url}/metrics`, { accept: "application/openmetrics-text" });
  assert.match(openmetrics, /# EOF\n$/);
  checkFamilies(text);
  assert.match(text, /^sozu_cluster_available_backends\{.*\} 1$/m);
  assert.match(text, /^sozu_cluster_total_backends\{.*\} 1$/m);
  await checkWithOthers(text, openmetrics);
  assert.match(await page(`${url}/healthz`), /message/);
  assert.match(await page(`${url}/readyz`), /ready/);

  const program = tools.get("prometheus");
  if (program === undefined) return;
  await using lab = new Lab();
  const scrape = readmeScrapeConfig(`127.0.0.1:${metrics}`);
  const prometheus = await PrometheusProcess.start(lab, program, scrape);
  await waitFor("a scrape", async () => await prometheus.verdict() !== "unknown");
  assert.equal(await prometheus.verdict(), "up");
  await waitFor(
    "the value",
    async () => await prometheus.value("sum(sozu_http_requests_total)") === REQUESTS,
  );
  assert.equal(
    await prometheus.value('sum(sozu_requests_total{cluster_id="app \\"1\\""})'),
    origin.count.requests,
  );
  assert.equal(
    await prometheus.value('sum(sozu_request_time_seconds_count{cluster_id=""})'),
    REQUESTS,
  );
  assert.ok(sozu.pid > 0);
});

Deno.test("main serves its metrics over TLS with the certificate it is given", async () => {
  using origin = new CountingOrigin();
  const { certificate, key } = certificateFor(["localhost"]);
  const { metrics, config } = proxyFor(
    origin.address,
    'certificate = "metrics.pem"\nkey = "metrics.key"',
  );
  await using _sozu = await SozuProcess.start(config, {
    files: { "metrics.pem": certificate, "metrics.key": key },
  });
  using client = Deno.createHttpClient({ caCerts: [certificate] });
  const text = await page(`https://localhost:${metrics}/metrics`, { client });
  assert.equal(sumOf(text, "sozu_workers_running"), 2);
  await assert.rejects(fetch(`http://localhost:${metrics}/metrics`));
});

Deno.test("a thousand clients that say nothing cost main few descriptors and no scrape", async () => {
  using origin = new CountingOrigin();
  const { certificate, key } = certificateFor(["localhost"]);
  const { metrics, config } = proxyFor(
    origin.address,
    'certificate = "metrics.pem"\nkey = "metrics.key"',
  );
  await using sozu = await SozuProcess.start(config, {
    files: { "metrics.pem": certificate, "metrics.key": key },
  });
  const descriptors = () => [...Deno.readDirSync(`/proc/${sozu.pid}/fd`)].length;
  const before = descriptors();
  const silent: Deno.Conn[] = [];
  try {
    for (let i = 0; i < 1_000; i++) {
      silent.push(await Deno.connect({ hostname: "127.0.0.1", port: metrics }));
    }
    using client = Deno.createHttpClient({ caCerts: [certificate] });
    for (let i = 0; i < 3; i++) {
      const text = await page(`https://localhost:${metrics}/metrics`, { client });
      assert.equal(sumOf(text, "sozu_workers_running"), 2);
    }
    await waitFor(
      "main to have let go of most",
      () => descriptors() - before <= ENDPOINT_LIMITS.most + 10,
    );
  } finally {
    for (const conn of silent) conn.close();
  }
  await waitFor("main to have let go of all", () => descriptors() <= before);
});

Deno.test("readyz tells when no worker answers, while main goes on serving", async () => {
  using origin = new CountingOrigin();
  const { metrics, config } = proxyFor(origin.address);
  await using sozu = await SozuProcess.start(`worker_automatic_restart = false\n${config}`);
  const url = `http://127.0.0.1:${metrics}`;
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  for (const { pid } of await sozu.workers()) Deno.kill(pid, "SIGKILL");
  await waitFor("it to be noticed", async () => {
    const response = await fetch(`${url}/readyz`);
    await response.body?.cancel();
    return response.status === 503;
  });
  assert.match(await page(`${url}/healthz`), /alive/);
});

Deno.test("the connector serves the names of the upstream one, waits for its proxy, and stops cleanly", async () => {
  using origin = new CountingOrigin();
  const { port, config } = proxyFor(origin.address);
  const listening = freePort();
  await using sozu = await SozuProcess.start(config);
  await sendMix(port, "app.test", 50, 2);
  await Deno.writeTextFile(
    `${sozu.folder}/connector.toml`,
    `listening-address = "127.0.0.1:${listening}"
per-worker-metrics = true
[sozu]
configuration = "${sozu.configPath}"
`,
  );
  const command = sozuCommand(
    ["connector", "prometheus", "-c", `${sozu.folder}/connector.toml`],
    sozu.folder,
  );
  await using connector = command.spawn();
  const url = `http://127.0.0.1:${listening}`;
  await waitFor("the connector", () => fetch(`${url}/healthz`).then((it) => it.ok, () => false));
  const text = await page(`${url}/metrics`, { accept: "application/openmetrics-text" });
  assert.equal(sumOf(text, "http_requests_total"), 50);
  assert.equal(sumOf(text, "http_requests_worker"), 50);
  assert.match(text, /^requests\{cluster_id="app \\"1\\""\} \d+$/m);
  assert.match(text, /_bucket\{[^}]*le="\+Inf"\}/);
  assert.doesNotMatch(text, /# EOF/);
  const echoed = await fetch(`${url}/livez`, { headers: { "x-request-id": "abc" } });
  await echoed.body?.cancel();
  assert.equal(echoed.headers.get("x-request-id"), "abc");
  assert.match(await page(`${url}/metrics`), /http_access_requests_count\{method="GET",/);
  assert.match(await page(`${url}/readyz`), /ready/);

  sozu.kill("SIGTERM");
  await sozu.status;
  await waitFor("the proxy to be missed", async () => {
    const response = await fetch(`${url}/metrics`);
    await response.body?.cancel();
    return response.status === 503;
  });
  assert.match(await page(`${url}/healthz`), /alive/);
  connector.kill("SIGTERM");
  assert.equal((await connector.status).code, 0);
});
