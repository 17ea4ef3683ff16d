// The measurements of main and all workers for Prometheus, at the address the configuration names. An
// address that is taken (by the main process before this one, while it leaves) is tried again.

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
import { parcelsFor, type WorkerAnswer } from "../commands/fan_out.ts";
import type { MainContext } from "../context.ts";
import { mainMetrics } from "./main.ts";
import { mergeMetrics, wholeQuery } from "./answer.ts";
import { closedListener } from "../listeners/open.ts";
import { sharedListeners } from "../listeners/shared.ts";

/** Longest wait for a worker, in milliseconds: scrapers wait for ten seconds unless told. */
const PATIENCE_MS = 5_000;
/** Pause before an address that could not be had is tried again. */
const RETRY_MS = 1_000;
/** How long the main process before this one may keep the address: it gives way within seconds. */
const PREDECESSOR_MS = 60_000;

/** Serves until it is closed. */
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
  readonly #patientUntil: number;

  constructor(settings: PrometheusSettings, context: MainContext) {
    this.#settings = settings;
    const workers = new WorkerMeasurementsCache(context);
    this.#endpoint = new ExpositionEndpoint({
      gather: async () => [
        ...sozuFamilies(await workers.gather()),
        ...aboutProcesses(context),
      ],
      notReady: () => notReady(context),
      now: () => performance.now(),
    });
    const isSuccessor = context.succession.bootGeneration > 0;
    this.#patientUntil = performance.now() + (isSuccessor ? PREDECESSOR_MS : 0);
    this.#opening = this.#open();
  }

  /** Why the address could not be had at first; `null` when it could. */
  get firstProblem(): Promise<string | null> {
    return this.#first.promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#opening;
    await this.#server?.close();
  }

  /** Once; not about the main process before this one, which has the address until it gives way. */
  #complain(error: unknown): void {
    const isPatient = isTaken(error) && performance.now() < this.#patientUntil;
    if (this.#complained || isPatient) return;
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

/** What the runtimes say of an address that another process has. */
function isTaken(error: unknown): boolean {
  return error instanceof Deno.errors.AddrInUse || /EADDRINUSE|in use/i.test(String(error));
}

/** The last measurements of each worker: one that is late for once must not look like a restart. */
class WorkerMeasurementsCache {
  readonly #context: MainContext;
  #last = new Map<number, WorkerAnswer>();

  constructor(context: MainContext) {
    this.#context = context;
  }

  /** What main and the workers have measured, merged; rejects when no worker has ever answered. */
  async gather(): Promise<AggregatedMetrics> {
    const query = queryMetrics(wholeQuery());
    const answers = await ask(this.#context, query);
    const current = new Map<number, WorkerAnswer>();
    for (const answer of answers) {
      const known = answer.outcome === "ok" ? answer : this.#last.get(answer.workerId);
      if (known !== undefined) current.set(answer.workerId, known);
    }
    if (current.size === 0 && answers.length > 0) throw new Error("No worker answers");
    this.#last = current;
    const own = mainMetrics(this.#context);
    const late = answers.filter(({ outcome }) => outcome !== "ok").length;
    own.push({ name: "workers.unanswered", value: late, gauge: true });
    const merged = mergeMetrics([...current.values()], query.value, own, this.#context.kept);
    if (merged.kind !== "metrics") throw new Error("The workers answered something else");
    return merged.value;
  }
}

/** Main and the workers as the kernel sees them, and the build they run. */
function aboutProcesses({ pool, settings }: MainContext): Family[] {
  const { deno, v8 } = Deno.version;
  const [version = "", revision = ""] = settings.build.split("+");
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

async function notReady(context: MainContext): Promise<string | null> {
  const answers = await ask(context, { kind: "status", value: {} });
  if (answers.length === 0) return "no worker is running";
  if (!answers.some(({ outcome }) => outcome === "ok")) return "no worker answers";
  return closedListener(context.pool, sharedListeners(context.state));
}

function ask({ pool, gatherer }: MainContext, type: Verb): Promise<readonly WorkerAnswer[]> {
  return gatherer.scatter({
    verb: type.kind,
    parcels: parcelsFor(pool.targets(), { request_type: type }),
    patience: { kind: "deadline", ms: PATIENCE_MS },
  });
}
