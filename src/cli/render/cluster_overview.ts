// All clusters in one table: hosts, addresses and backends of each.

import { boxTable, firm, type TableView } from "./table.ts";

/** Most lines of one cluster. */
const MOST_LINES = 3;

/** One row of the table. */
export interface ClusterFacts {
  readonly hosts: string[];
  readonly addresses: string[];
  /** Its backends; `null` when they were not queried. */
  total: number | null;
  /** Available backends, the lowest count of any worker; `null` when unknown. */
  readonly available: number | null;
}

/** `agrees`: whether main and all workers agree on a cluster. */
export function renderClusterOverview(
  facts: ReadonlyMap<string, ClusterFacts>,
  agrees: ReadonlyMap<string, boolean>,
  view: TableView,
): string {
  const rows = [...facts].map(([id, cluster]) => [
    id,
    some(cluster.hosts, view),
    some(cluster.addresses, view),
    cluster.total === null ? "" : String(cluster.total),
    agrees.get(id) === false ? "workers differ" : stateText(cluster),
  ]);
  return boxTable(
    ["cluster", "hosts", firm("addresses"), firm("backends"), firm("state")],
    rows,
    view,
  );
}

/** A few texts, one a line, and how many more there are; all of them where details are wanted. */
function some(texts: readonly string[], { verbose }: TableView): string {
  if (verbose || texts.length <= MOST_LINES) return texts.join("\n");
  return [...texts.slice(0, MOST_LINES - 1), `+${texts.length - MOST_LINES + 1} more`].join("\n");
}

function stateText({ total, available }: ClusterFacts): string {
  if (total === 0) return "no backends";
  if (available === null) return "";
  if (available === 0) return "down";
  return total === null || available >= total ? "up" : `${available} of ${total} up`;
}
