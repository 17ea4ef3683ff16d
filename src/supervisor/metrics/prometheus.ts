// Exposes the metrics of main and all workers to Prometheus, at the configured address. An address that is in use, for
// example by the main process before this one while it ends, is tried again.

import { SCRAPE_WORKER_TIMEOUT_MS } from "../../../config/defaults.ts";
import { formatIp, parseAddress } from "../../../config/values/address.ts";
import type { PrometheusSettings } from "../../../config/file/keys/prometheus.ts";
import type { AggregatedMetrics } from "../../../config/schema/messages.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import { queryMetrics } from "../../../config/state/verb.ts";
import { ExpositionEndpoint } from "../../exposition/endpoint.ts";
import type { Family } from "../../exposition/family.ts";
import {
  buildFamily,
  type DescribedProcess,
  processFamilies,
} from "../../exposition/process_families.ts";
import { sozuFamilies } from "../../exposition/sozu_families.ts";
import { type HttpEndpoint, serveHttp } from "../../io/http/endpoint.ts";
import { processFacts } from "../../io/process/facts.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { type FanOut, requestsFor, type WorkerAnswer } from "../commands/fan_out.ts";
import type { WorkerPool } from "../workers/pool.ts";
import { mainMetrics, type MainMetricsParts } from "./main.ts";
import type { RetainedCounts } from "./retained.ts";
import { everythingQuery, metricsAnswer } from "./answer.ts";
import { closedListener } from "../listeners/open.ts";
import { sharedListeners } from "../listeners/shared.ts";

/** Pause before an address is tried again, in milliseconds. */
const RETRY_MS = 1_000;
/** How long the main process before this one may keep the address, in milliseconds. */
const OLD_MAIN_MS = 60_000;

/** What the metrics are read from. */
export interface PrometheusParts extends MainMetricsParts {
  readonly pool: Pick<WorkerPool, "targets" | "processes">;
  readonly fanOut: FanOut;
  readonly retained: RetainedCounts;
  /** The build of main and of its workers. */
  readonly build: string;
  /** Whether this is a successor: the main process before it may still have the address. */
  readonly isSuccessor: boolean;
}

/** Serves metrics until it is closed. */
export class PrometheusServer {
  readonly #settings: PrometheusSettings;
  readonly #endpoint: ExpositionEndpoint;
  readonly #log = loggerOf("supervisor::prometheus");
  #server: HttpEndpoint | null = null;
  readonly #first = Promise.withResolvers<string | null>();
  #opening: Promise<void>;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #complained = false;
  readonly #silentUntil: number;

  constructor(settings: PrometheusSettings, parts: PrometheusParts) {
    this.#settings = settings;
    const workers = new LastWorkerAnswers(parts);
    this.#endpoint = new ExpositionEndpoint({
      gather: async () => [
        ...sozuFamilies(await workers.gather()),
        ...aboutProcesses(parts),
      ],
      notReady: () => notReady(parts),
      now: () => performance.now(),
    });
    this.#silentUntil = performance.now() + (parts.isSuccessor ? OLD_MAIN_MS : 0);
    this.#opening = this.#open();
  }

  /** Why the first attempt to bind the address failed; `null` when it succeeded. */
  get firstProblem(): Promise<string | null> {
    return this.#first.promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#opening;
    await this.#server?.close();
  }

  /** Logs an error once; not while the main process before this one may still have the address. */
  #complain(error: unknown): void {
    const isExpected = isTaken(error) && performance.now() < this.#silentUntil;
    if (this.#complained || isExpected) return;
    this.#complained = true;
    this.#log.error("{problem}", { problem: this.#problemOf(error) });
  }

  #problemOf(error: unknown): string {
    const problem = error instanceof Error ? error.message : String(error);
    return `Metrics cannot be served at ${this.#settings.address}: ${problem}`;
  }

  async #open(): Promise<void> {
    const { address, certificate, key } = this.#settings;
    const parsed = parseAddress(address);
    if (this.#closed || parsed === null) return this.#first.resolve(null);
    try {
      const tls = certificate === undefined || key === undefined
        ? null
        : { cert: Deno.readTextFileSync(certificate), key: Deno.readTextFileSync(key) };
      this.#server = await serveHttp({
        hostname: formatIp(parsed.ip),
        port: parsed.port,
        tls,
        answer: (request) => this.#endpoint.answer(request),
        onWant: (reason, count) =>
          this.#log.error("Scrapers cannot be accepted ({count} times): {reason}", {
            reason,
            count,
          }),
      });
      this.#log.info("Metrics are served at {address}", { address });
      this.#first.resolve(null);
    } catch (error) {
      this.#complain(error);
      this.#first.resolve(this.#problemOf(error));
      if (this.#closed) return;
      this.#retry = setTimeout(() => this.#opening = this.#open(), RETRY_MS);
    }
  }
}

/** Whether the error says that another process has the address. */
function isTaken(error: unknown): boolean {
  return error instanceof Deno.errors.AddrInUse || /EADDRINUSE|in use/i.test(String(error));
}

/** The last answer of each worker: a worker that is late once must not look restarted. */
class LastWorkerAnswers {
  readonly #parts: PrometheusParts;
  #last = new Map<number, WorkerAnswer>();

  constructor(parts: PrometheusParts) {
    this.#parts = parts;
  }

  /** The merged metrics of main and the workers; rejects when no worker has ever answered. */
  async gather(): Promise<AggregatedMetrics> {
    const query = queryMetrics(everythingQuery());
    const answers = await ask(this.#parts, query);
    const current = new Map<number, WorkerAnswer>();
    for (const answer of answers) {
      const known = answer.outcome === "ok" ? answer : this.#last.get(answer.workerId);
      if (known !== undefined) current.set(answer.workerId, known);
    }
    if (current.size === 0 && answers.length > 0) throw new Error("No worker answers");
    this.#last = current;
    const own = mainMetrics(this.#parts);
    const late = answers.filter(({ outcome }) => outcome !== "ok").length;
    own.push({ name: "workers.unanswered", value: late, gauge: true });
    const merged = metricsAnswer([...current.values()], query.value, own, this.#parts.retained);
    if (merged.kind !== "metrics") throw new Error("The workers answered something else");
    return merged.value;
  }
}

/** CPU, memory and descriptors of main and the workers, and their build. */
function aboutProcesses({ pool, build }: PrometheusParts): Family[] {
  const { deno, v8 } = Deno.version;
  const [version = "", revision = ""] = build.split("+");
  const named = [["version", version], ["revision", revision], ["deno", deno], ["v8", v8]] as const;
  const main = describe(Deno.pid, [["process", "main"]]);
  const workers = pool.processes().flatMap(({ id, pid }) =>
    describe(pid, [["process", "worker"], ["worker_id", String(id)]])
  );
  return [buildFamily(named), ...processFamilies([...main, ...workers])];
}

function describe(pid: number, labels: DescribedProcess["labels"]): DescribedProcess[] {
  const values = processFacts(pid);
  return values === null ? [] : [{ labels, values }];
}

async function notReady(parts: PrometheusParts): Promise<string | null> {
  const answers = await ask(parts, { kind: "status", value: {} });
  if (answers.length === 0) return "no worker is running";
  if (!answers.some(({ outcome }) => outcome === "ok")) return "no worker answers";
  return closedListener(parts.pool, sharedListeners(parts.state));
}

function ask({ pool, fanOut }: PrometheusParts, type: Verb): Promise<readonly WorkerAnswer[]> {
  return fanOut.run({
    verb: type.kind,
    requests: requestsFor(pool.targets(), { request_type: type }),
    deadline: { kind: "total", ms: SCRAPE_WORKER_TIMEOUT_MS },
  });
}
