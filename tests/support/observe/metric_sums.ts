// What the proxy says it has counted, beside what its clients and backends have counted themselves.

import { type AggregatedMetrics, QueryMetricsOptions } from "../../../config/schema/messages.ts";
import type { TrafficCount } from "./counted_traffic.ts";
import { numberOf } from "./metrics.ts";
import type { SozuProcess } from "../process/sozu_process.ts";

/** One sum that must agree. */
export interface Sum {
  readonly name: string;
  readonly proxy: number;
  readonly others: number;
}

/** Every sum of a mix that is over. `origins`: backends of the cluster by their ids. */
export function sums(
  metrics: AggregatedMetrics,
  clusterId: string,
  clients: TrafficCount,
  origins: ReadonlyMap<string, TrafficCount>,
): Sum[] {
  const own = (name: string) => numberOf(metrics.proxying.get(name));
  const cluster = metrics.clusters.get(clusterId);
  const ofBackend = (id: string, name: string) =>
    numberOf(cluster?.backends.find(({ backend_id }) => backend_id === id)?.metrics.get(name));
  const everywhere = (name: string) =>
    own(name) + numberOf(cluster?.cluster.get(name)) +
    [...origins.keys()].reduce((sum, id) => sum + ofBackend(id, name), 0);
  const all = (of: (count: TrafficCount) => number) =>
    [...origins.values()].reduce((sum, count) => sum + of(count), 0);
  const ofClass = (first: number) =>
    [...clients.statuses].reduce(
      (sum, [status, n]) => Math.floor(status / 100) === first ? sum + n : sum,
      0,
    );
  return [
    { name: "http.requests", proxy: own("http.requests"), others: clients.requests },
    { name: "access_logs.count", proxy: everywhere("access_logs.count"), others: clients.requests },
    { name: "bytes_in", proxy: own("bytes_in"), others: clients.bytesOut },
    { name: "bytes_out", proxy: own("bytes_out"), others: clients.bytesIn },
    { name: "back_bytes_in", proxy: own("back_bytes_in"), others: all((it) => it.bytesOut) },
    { name: "back_bytes_out", proxy: own("back_bytes_out"), others: all((it) => it.bytesIn) },
    ...[1, 2, 3, 4, 5].map((first) => ({
      name: `http.status.${first}xx`,
      proxy: everywhere(`http.status.${first}xx`),
      others: ofClass(first),
    })),
    ...[...clients.statuses].map(([status, others]) => ({
      name: `http.status.${status}`,
      proxy: everywhere(`http.status.${status}`),
      others,
    })),
    ...[...origins].flatMap(([id, count]) => [
      { name: `requests of ${id}`, proxy: ofBackend(id, "requests"), others: count.requests },
      { name: `bytes_in of ${id}`, proxy: ofBackend(id, "bytes_in"), others: count.bytesOut },
      { name: `bytes_out of ${id}`, proxy: ofBackend(id, "bytes_out"), others: count.bytesIn },
    ]),
  ];
}

/** Those that do not agree. */
export function disagreements(all: readonly Sum[]): Sum[] {
  return all.filter(({ proxy, others }) => proxy !== others);
}

/** Two workers that measure every backend of the cluster `app`, whose ids are `app-0` and so on. */
export function sumsConfig(
  port: number,
  backends: readonly string[],
  { statsd, tagged }: { readonly statsd: string; readonly tagged: boolean },
): string {
  const list = backends.map((address, i) => `{ address = "${address}", backend_id = "app-${i}" }`);
  return `worker_count = 2

[metrics]
address = "${statsd}"
prefix = "edge"
detail = "backend"
tagged_metrics = ${tagged}

[[listeners]]
protocol = "http"
address = "127.0.0.1:${port}"

[clusters.app]
protocol = "http"
frontends = [{ address = "127.0.0.1:${port}", hostname = "app.test" }]
backends = [${list.join(", ")}]
`;
}

/** Everything the workers have measured, merged. */
export async function allMetrics(sozu: SozuProcess): Promise<AggregatedMetrics> {
  const response = await sozu.expectOk({
    kind: "query_metrics",
    value: QueryMetricsOptions.empty(),
  });
  const type = response.content?.content_type;
  if (type?.kind !== "metrics") throw new Error(`Not metrics: ${type?.kind}`);
  return type.value;
}
