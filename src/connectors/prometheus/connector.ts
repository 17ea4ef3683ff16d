// The Prometheus connector: a separate process that queries a proxy over its command socket at every scrape.
// It may start before the proxy, and it survives restarts of the proxy.

import { formatIp, parseAddress } from "../../../config/values/address.ts";
import { readCommandSettings } from "../../../config/file/command_settings.ts";
import { formatProblem } from "../../../config/file/problem.ts";
import { QueryMetricsOptions, ResponseStatus } from "../../../config/schema/messages.ts";
import { queryMetrics } from "../../../config/state/verb.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import { type CommandClient, connect } from "../../client/mod.ts";
import { ExpositionEndpoint } from "../../exposition/endpoint.ts";
import type { Family } from "../../exposition/family.ts";
import { sozuFamilies } from "../../exposition/sozu_families.ts";
import { serveHttp } from "../../io/http/endpoint.ts";
import { AccessCounts } from "./access_counts.ts";
import { connectorFamilies } from "./connector_families.ts";
import { type ConnectorSettings, readConnectorSettings } from "./settings.ts";

/** Longest wait for the proxy, in milliseconds: the default timeout of a scraper is ten seconds. */
const DEADLINE_MS = 5_000;
/** Most characters of a header that is sent back. */
const MAX_ECHO = 128;

/** How a connector is started. */
export interface ConnectorOptions {
  /** Path of its file; the first that exists of `configPaths` is taken. */
  readonly configPaths: readonly string[];
  /** 0 logs errors only, 2 and more every request. */
  readonly verbosity: number;
  readonly cwd: string;
  readonly readFile: (path: string) => string;
  readonly log: (line: string) => void;
  /** Ends the connector. */
  readonly stopped: AbortSignal;
}

/** Runs until it is stopped; resolves with the exit code. */
export async function runPrometheusConnector(options: ConnectorOptions): Promise<number> {
  const settings = settingsFrom(options);
  if (typeof settings === "string") {
    options.log(settings);
    return 1;
  }
  const proxy = proxyAt(settings, options);
  if (typeof proxy === "string") {
    options.log(proxy);
    return 1;
  }
  try {
    await serve(settings, proxy, options);
    return 0;
  } catch (error) {
    options.log(`Cannot serve at ${settings.listeningAddress}: ${(error as Error).message}`);
    return 1;
  } finally {
    proxy.close();
  }
}

function settingsFrom(
  { configPaths, readFile, cwd }: ConnectorOptions,
): ConnectorSettings | string {
  for (const path of configPaths) {
    let content: string;
    try {
      content = readFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound && configPaths.length > 1) continue;
      return `Cannot read ${path}: ${(error as Error).message}`;
    }
    return readConnectorSettings(path, content, cwd);
  }
  return `No configuration file: looked for ${configPaths.join(", ")}; name one with --config`;
}

/** The proxy, as the connector queries it. */
class Proxy {
  readonly #open: () => Promise<CommandClient>;
  #client: Promise<CommandClient> | null = null;

  constructor(open: () => Promise<CommandClient>) {
    this.#open = open;
  }

  /** The families of its metrics; rejects with the reason when there are none. */
  async families(settings: ConnectorSettings): Promise<readonly Family[]> {
    const client = await this.#connected();
    const { perWorkerMetrics, metricNames } = settings;
    // An older proxy has no durations in microseconds; it answers with milliseconds.
    const durations = metricNames === "sozu";
    const merged = { ...QueryMetricsOptions.empty(), durations };
    const value = { ...merged, workers: perWorkerMetrics };
    const whole = await metricsOf(client, value);
    // One query gives each worker apart or their sum, so both take two queries.
    const sum = perWorkerMetrics ? await metricsOf(client, merged) : whole;
    const metrics = { ...sum, workers: whole.workers };
    return metricNames === "sozu" ? sozuFamilies(metrics) : connectorFamilies(metrics);
  }

  /** Why it does not answer, or `null`. */
  async problem(): Promise<string | null> {
    const client = await this.#connected();
    const { status, message } = await client.send({
      request_type: { kind: "list_workers", value: {} },
    });
    return status === ResponseStatus.OK ? null : message;
  }

  close(): void {
    this.#client?.then((client) => client.close(), () => {});
  }

  /** One client for all requests; it opens lost connections again by itself. */
  #connected(): Promise<CommandClient> {
    this.#client ??= this.#open().catch((error) => {
      this.#client = null;
      throw error;
    });
    return this.#client;
  }
}

async function metricsOf(client: CommandClient, value: QueryMetricsOptions) {
  const answer = await client.send(requestOf(queryMetrics(value)));
  const content = answer.content?.content_type;
  if (answer.status === ResponseStatus.OK && content?.kind === "metrics") return content.value;
  throw new Error(answer.message || "The proxy answered without metrics");
}

function proxyAt(settings: ConnectorSettings, options: ConnectorOptions): Proxy | string {
  const { proxyConfiguration } = settings;
  const { cwd, readFile } = options;
  let content: string;
  try {
    content = readFile(proxyConfiguration);
  } catch (error) {
    return `Cannot read ${proxyConfiguration}: ${(error as Error).message}`;
  }
  const read = readCommandSettings(content, { path: proxyConfiguration, cwd });
  if (!read.ok) return formatProblem(read.problem);
  for (const problem of read.ignored) options.log(formatProblem(problem));
  const { command_socket, max_command_buffer_size } = read.settings;
  return new Proxy(() =>
    connect(command_socket, {
      timeoutMs: DEADLINE_MS,
      maxFrameBytes: max_command_buffer_size,
      signal: options.stopped,
    })
  );
}

async function serve(
  settings: ConnectorSettings,
  proxy: Proxy,
  { log, verbosity, stopped }: ConnectorOptions,
): Promise<void> {
  const { listeningAddress, metricNames } = settings;
  const counts = new AccessCounts(listeningAddress);
  const endpoint = new ExpositionEndpoint({
    gather: async () => [...counts.families(), ...await proxy.families(settings)],
    notReady: () => proxy.problem(),
    now: () => performance.now(),
    // OpenMetrics does not allow the names of the upstream connector.
    formats: metricNames === "sozu" ? ["text", "openmetrics"] : ["text"],
  });
  const answer = async (request: Request): Promise<Response> => {
    const begun = performance.now();
    const response = await endpoint.answer(request);
    response.headers.set("x-timestamp", String(Math.floor(Date.now() / 1000)));
    const id = request.headers.get("x-request-id");
    if (id !== null) response.headers.set("x-request-id", id.slice(0, MAX_ECHO));
    const took = performance.now() - begun;
    counts.add(request.method, response.status, took);
    if (verbosity >= 2) {
      log(`${request.method} ${new URL(request.url).pathname} ${response.status}`);
    }
    return response;
  };
  const address = parseAddress(listeningAddress);
  if (address === null) throw new Error("not an address");
  const server = await serveHttp({
    hostname: formatIp(address.ip),
    port: address.port,
    tls: null,
    answer,
    onWant: (reason, count) => log(`Scrapers cannot be accepted (${count} times): ${reason}`),
  });
  log(`Metrics are served at ${listeningAddress}`);
  await new Promise<void>((resolve) => {
    if (stopped.aborted) resolve();
    stopped.addEventListener("abort", () => resolve(), { once: true });
  });
  await server.close();
}
