// What it costs to be watched: CPU per request with metrics of everything, and with an access log in each
// format and to each kind of target, beside neither; and the latency of the traffic while a target does
// not read. All of them are ours, driven in turn.

import { QueryMetricsOptions } from "../../config/schema/messages.ts";
import { connect } from "../../src/client/mod.ts";
import type { Lab } from "../support/process/lab.ts";
import { cpuByProcess } from "../support/process/proc.ts";
import { type Running, startContender } from "./contenders/arena.ts";
import type { ProxyPlace } from "./contenders/contender.ts";
import { sozuProxy } from "./contenders/sozu_proxy.ts";
import { median, rotated } from "./figures/statistics.ts";
import { type LoadResult, runWrk } from "./load/wrk.ts";

/** Bound of CPU per request with a log divided by that without. */
export const COST_BAR = 1.15;

/** Bound of the 99th percentile while a target does not read divided by that without a log. */
export const STALL_BAR = 1.5;

const CONNECTIONS = 64;

/** One way to log. */
export interface LogVariant {
  readonly name: string;
  readonly logLevel: string;
  /** Lines of the configuration file. */
  readonly settings: (place: ProxyPlace, receivers: SilentReceivers) => string;
  /** Whether the cost of it has a bar, and whether it has to lose records. */
  readonly bounded: boolean;
  readonly stalls: boolean;
}

const file = (format: string) => (place: ProxyPlace) =>
  `access_logs_target = "file://${place.path(`access-${format}.log`)}"\n` +
  `access_logs_format = "${format}"\n`;

/** Everything measured, for each backend, and sent to a statsd server. */
const metrics = (_: ProxyPlace, { statsd }: SilentReceivers) =>
  `metrics = { address = "${statsd}", detail = "backend" }\n`;

/** What is compared; the first is the others' measure. */
export const LOG_VARIANTS: readonly LogVariant[] = [
  {
    name: "off",
    logLevel: "error",
    settings: () => "disable_cluster_metrics = true\n",
    bounded: false,
    stalls: false,
  },
  { name: "metrics", logLevel: "error", settings: metrics, bounded: false, stalls: false },
  {
    name: "metrics and ascii",
    logLevel: "info",
    settings: (place, receivers) => metrics(place, receivers) + file("ascii")(place),
    bounded: true,
    stalls: false,
  },
  { name: "ascii", logLevel: "info", settings: file("ascii"), bounded: true, stalls: false },
  { name: "json", logLevel: "info", settings: file("json"), bounded: false, stalls: false },
  { name: "protobuf", logLevel: "info", settings: file("protobuf"), bounded: false, stalls: false },
  {
    name: "tcp, not read",
    logLevel: "info",
    settings: (_, { tcpTarget }) => `access_logs_target = "${tcpTarget}"\n`,
    bounded: false,
    stalls: true,
  },
  {
    name: "unix, not read",
    logLevel: "info",
    settings: (_, { unixTarget }) => `access_logs_target = "${unixTarget}"\n`,
    bounded: false,
    stalls: true,
  },
];

/** Accepts connections and never reads from them. */
export class SilentReceivers {
  readonly tcpTarget: string;
  readonly unixTarget: string;
  /** Address of a statsd server. */
  readonly statsd: string;
  readonly #datagrams = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  readonly #listeners: Deno.Listener<Deno.Conn>[];
  readonly #connections: Deno.Conn[] = [];

  constructor(lab: Lab) {
    const path = lab.path("silent.sock");
    const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#listeners = [tcp, Deno.listen({ transport: "unix", path })];
    this.tcpTarget = `tcp://127.0.0.1:${(tcp.addr as Deno.NetAddr).port}`;
    this.unixTarget = `unix-stream://${path}`;
    this.statsd = `127.0.0.1:${(this.#datagrams.addr as Deno.NetAddr).port}`;
    for (const listener of this.#listeners) void this.#accept(listener);
  }

  close(): void {
    for (const each of [...this.#listeners, ...this.#connections]) each.close();
    this.#datagrams.close();
  }

  async #accept(listener: Deno.Listener<Deno.Conn>): Promise<void> {
    try {
      for await (const connection of listener) this.#connections.push(connection);
    } catch {
      // Closed.
    }
  }
}

/** Figures of one variant: medians over the rounds. */
export interface LogCost {
  readonly name: string;
  readonly cpuMicros: number;
  readonly p99Micros: number;
  readonly requests: number;
  /** Medians of the ratios to the first variant, round by round. */
  readonly cpuRatio: number;
  readonly p99Ratio: number;
  /** Records that were lost. */
  readonly unsent: number;
  readonly passed: boolean;
}

interface Sample {
  readonly cpuMicros: number;
  readonly load: LoadResult;
}

/** Measures every variant in front of the same backend. */
export async function measureLogCost(
  lab: Lab,
  wrk: string,
  backendPort: number,
  { seconds, rounds }: { readonly seconds: number; readonly rounds: number },
): Promise<LogCost[]> {
  const receivers = new SilentReceivers(lab);
  try {
    const running: Running[] = [];
    for (const { name, logLevel, settings } of LOG_VARIANTS) {
      const proxy = sozuProxy({
        name: name.replaceAll(/\W+/g, "-"),
        logLevel,
        settings: (place) => settings(place, receivers),
      });
      running.push(await startContender(lab, proxy, backendPort));
    }
    const samples = running.map((): Sample[] => []);
    for (const proxy of running) await drive(lab, wrk, proxy, 1);
    for (let round = 0; round < rounds; round++) {
      for (const [index, proxy] of rotated([...running.entries()], round)) {
        samples[index]?.push(await drive(lab, wrk, proxy, seconds));
      }
    }
    const unsent = await Promise.all(running.map(({ name }) => unsentOf(lab.path(`${name}.sock`))));
    return LOG_VARIANTS.map((variant, i) =>
      costOf(variant, samples[i] ?? [], samples[0] ?? [], unsent[i] ?? 0)
    );
  } finally {
    receivers.close();
  }
}

async function drive(lab: Lab, wrk: string, proxy: Running, seconds: number): Promise<Sample> {
  const before = cpuByProcess(proxy.process.pid);
  const load = await runWrk(wrk, lab.path("report.lua"), {
    port: proxy.port,
    path: "/",
    connections: CONNECTIONS,
    seconds,
  });
  const after = cpuByProcess(proxy.process.pid);
  let cpuMicros = 0;
  for (const [pid, micros] of after) cpuMicros += micros - (before.get(pid) ?? 0);
  return { cpuMicros: cpuMicros / load.requests, load };
}

function costOf(
  { name, bounded, stalls }: LogVariant,
  samples: readonly Sample[],
  without: readonly Sample[],
  unsent: number,
): LogCost {
  const ratio = (of: (sample: Sample) => number) =>
    median(samples.map((sample, round) => of(sample) / of(without[round] as Sample)));
  const cpuRatio = ratio(({ cpuMicros }) => cpuMicros);
  const p99Ratio = ratio(({ load }) => load.p99);
  const isCheap = !bounded || cpuRatio <= COST_BAR;
  const isUnnoticed = !stalls || (p99Ratio <= STALL_BAR && unsent > 0);
  const errors = samples.reduce((sum, { load }) => sum + load.errors, 0);
  return {
    name,
    cpuMicros: median(samples.map(({ cpuMicros }) => cpuMicros)),
    p99Micros: median(samples.map(({ load }) => load.p99)),
    requests: samples.reduce((sum, { load }) => sum + load.requests, 0),
    cpuRatio,
    p99Ratio,
    unsent,
    passed: isCheap && isUnnoticed && errors === 0,
  };
}

/** The count of lost records, over all workers. */
async function unsentOf(socket: string): Promise<number> {
  using client = await connect(socket);
  const value = { ...QueryMetricsOptions.empty(), metric_names: ["unsent-access-logs"] };
  const { content } = await client.send({ request_type: { kind: "query_metrics", value } });
  const type = content?.content_type;
  if (type?.kind !== "metrics") return 0;
  const inner = type.value.proxying.get("unsent-access-logs")?.inner;
  return inner?.kind === "count" ? Number(inner.value) : 0;
}
