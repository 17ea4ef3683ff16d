// What the main process measures, as one list: lives of its workers, size of the configuration, changes
// by verb.

import type { Verb } from "../../../config/state/verbs.ts";
import type { Metric } from "../../observe/metrics/counters.ts";
import type { MainContext } from "../context.ts";

/** The measurements of main at this moment. */
export function mainMetrics({ counters, state, audit }: MainContext): Metric[] {
  const { clusters, backends, frontends } = state.counts();
  const level = (name: string, value: number): Metric => ({ name, value, gauge: true });
  return [
    ...counters.entries(),
    level("configuration.clusters", clusters),
    level("configuration.backends", backends),
    level("configuration.frontends", frontends),
    ...[...audit.rowsByVerb].map(([verb, value]) => ({
      name: `config.${verb}`,
      value,
      gauge: false,
    })),
  ];
}

/** What a change has removed is not counted on. */
export function forgetRemoved({ kept }: MainContext, verb: Verb): void {
  if (verb.kind === "remove_cluster") kept.changed(verb.value);
  else if (verb.kind === "remove_backend") kept.changed(verb.value.cluster_id);
}

/** Starts every count of main over, and those of workers that are gone. */
export function clearMainMetrics({ counters, audit, kept }: MainContext): void {
  kept.clear();
  counters.clear();
  audit.rowsByVerb.clear();
}
