// The metrics of the main process as one list: the lives of its workers, the size of the configuration,
// changes by verb.

import type { ConfigState } from "../../../config/state/state.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import type { Metric } from "../../observe/metrics/counters.ts";
import type { AuditTrail } from "../audit/trail.ts";
import type { MainCounters } from "./counters.ts";
import type { RetainedCounts } from "./retained.ts";

/** What the metrics of main are read from. */
export interface MainMetricsParts {
  readonly counters: MainCounters;
  readonly state: ConfigState;
  readonly audit: Pick<AuditTrail, "rowsByVerb">;
}

/** The metrics of main at this moment. */
export function mainMetrics({ counters, state, audit }: MainMetricsParts): Metric[] {
  const { clusters, backends, frontends } = state.counts();
  const gauge = (name: string, value: number): Metric => ({ name, value, gauge: true });
  return [
    ...counters.entries(),
    gauge("configuration.clusters", clusters),
    gauge("configuration.backends", backends),
    gauge("configuration.frontends", frontends),
    ...[...audit.rowsByVerb].map(([verb, value]) => ({
      name: `config.${verb}`,
      value,
      gauge: false,
    })),
  ];
}

/** Forgets the counts of a cluster or a backend that a change removed. */
export function forgetRemoved(retained: RetainedCounts, verb: Verb): void {
  if (verb.kind === "remove_cluster") retained.forgetRemoved(verb.value);
  else if (verb.kind === "remove_backend") retained.forgetRemoved(verb.value.cluster_id);
}

/** Starts the counts of main over, and those retained of workers that have ended. */
export function clearMainMetrics(
  { counters, audit, retained }: Omit<MainMetricsParts, "state"> & { retained: RetainedCounts },
): void {
  retained.clear();
  counters.clear();
  audit.rowsByVerb.clear();
}
