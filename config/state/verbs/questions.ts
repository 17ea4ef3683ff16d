// The verbs that ask. Those with an answer here are answered from the configuration alone: by main, or by
// main and every worker side by side, so that it can be seen whether they hold the same.

import { question } from "../../rules/rule.ts";
import { hashClusters } from "../hash.ts";
import * as queries from "../queries.ts";
import { servedCertificates } from "./served_certificates.ts";
import type { Rows } from "./row.ts";

export const QUESTION_ROWS = {
  list_frontends: {
    runsOn: "main",
    answer: ({ tables }, filters) => ({
      kind: "frontend_list",
      value: queries.listFrontends(tables, filters),
    }),
  },
  query_certificates_from_the_state: {
    runsOn: "main",
    answer: ({ tables }, filters) => ({
      kind: "certificates_with_fingerprints",
      value: queries.certificates(tables, filters),
    }),
  },
  query_health_checks: {
    runsOn: "main",
    answer: ({ tables }, { cluster_id }) => ({
      kind: "health_checks_list",
      value: queries.healthChecks(tables, cluster_id),
    }),
  },
  count_requests: {
    runsOn: "main",
    passes: true,
    answer: (state) => ({ kind: "request_counts", value: state.requestCounts() }),
  },
  query_cluster_by_id: {
    runsOn: "all",
    rule: question,
    answer: ({ tables }, id) => ({
      kind: "clusters",
      value: { vec: queries.informationOf(tables, new Set([id])) },
    }),
  },
  query_clusters_by_domain: {
    runsOn: "all",
    answer: ({ tables }, { hostname, path }) => {
      const ids = queries.clusterIdsByDomain(tables, hostname, path);
      return { kind: "clusters", value: { vec: queries.informationOf(tables, ids) } };
    },
  },
  query_clusters_hashes: {
    runsOn: "all",
    answer: ({ tables }) => ({ kind: "cluster_hashes", value: { map: hashClusters(tables) } }),
  },
  query_certificates_from_workers: {
    runsOn: "workers",
    answer: ({ tables }, filters) => servedCertificates(tables, filters),
  },
  list_workers: { runsOn: "main" },
  list_listeners: { runsOn: "main" },
  status: { runsOn: "all" },
  query_metrics: { runsOn: "all" },
  query_max_connections_per_ip: { runsOn: "workers" },
  query_max_connections_per_subnet: { runsOn: "workers" },
  query_protected_health_check_support: { runsOn: "workers" },
} as const satisfies Rows<
  | "list_frontends"
  | "query_certificates_from_the_state"
  | "query_health_checks"
  | "count_requests"
  | "query_cluster_by_id"
  | "query_clusters_by_domain"
  | "query_clusters_hashes"
  | "query_certificates_from_workers"
  | "list_workers"
  | "list_listeners"
  | "status"
  | "query_metrics"
  | "query_max_connections_per_ip"
  | "query_max_connections_per_subnet"
  | "query_protected_health_check_support"
>;
