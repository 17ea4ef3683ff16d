// `sozu cluster list`: all clusters in one table, or the details of some. No single answer of main has everything
// the table shows, so it is made of several.

import {
  type ClusterInformation,
  type ListedFrontends,
  type Request,
  type RequestHttpFrontend,
  type Response,
  ResponseStatus,
} from "../../../config/schema/messages.ts";
import { formatAddress } from "../../../config/values/address.ts";
import { queryMetrics } from "../../../config/state/verb.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import type { CommandClient } from "../../client/mod.ts";
import type { CommandHost, CommandSession } from "../command_host.ts";
import { type Command } from "commander";
import { CommandProblem } from "../problem.ts";
import { type ClusterFacts, renderClusterOverview } from "./cluster_overview.ts";
import { renderContent } from "./answer.ts";
import { clustersServing } from "./serving_clusters.ts";
import { showAnswer } from "./show_answer.ts";

/** Parsed options of `cluster list`. */
export interface ListClustersOptions {
  readonly id?: string;
  readonly domain?: string;
}

type Content = NonNullable<NonNullable<Response["content"]>["content_type"]>;

/** Most clusters whose backends are queried; further ones are listed without. */
const MOST_ASKED = 500;
/** Most queries at the same time, because the command socket accepts a limited number of clients. */
const AT_ONCE = 4;

const ALL_FRONTENDS: Request = {
  request_type: { kind: "list_frontends", value: { http: false, https: false, tcp: false } },
};

/** Executes `cluster list`. */
export function listClusters(
  host: CommandHost,
  command: Command,
  { id, domain }: ListClustersOptions,
): Promise<void> {
  if (id !== undefined && domain !== undefined) {
    return host.send(command, () => new CommandProblem("Use either --id or --domain, not both"));
  }
  if (id !== undefined) {
    return host.send(command, () => ({ request_type: { kind: "query_cluster_by_id", value: id } }));
  }
  if (domain !== undefined) {
    return host.send(command, () => ALL_FRONTENDS, {
      show: (answer, session, client) => showServing(domain, answer, session, client),
    });
  }
  return host.send(
    command,
    () => ({ request_type: { kind: "query_clusters_hashes", value: {} } }),
    { show: showAll },
  );
}

/** Every cluster with its hosts, addresses and backends. */
async function showAll(
  answer: Response,
  session: CommandSession,
  client: CommandClient,
): Promise<CommandProblem | null> {
  const ids = clusterIds(answer);
  if (session.options.json || ids.size === 0) return showAnswer(answer, session);
  const frontends = await contentOf(client, ALL_FRONTENDS);
  const available = await availableBackends(client);
  const facts = new Map<string, ClusterFacts>();
  for (const id of ids.keys()) {
    facts.set(id, { hosts: [], addresses: [], total: null, available: available.get(id) ?? null });
  }
  if (frontends?.kind === "frontend_list") collectFrontends(frontends.value, facts);
  await inTurns([...ids.keys()].slice(0, MOST_ASKED), async (id) => {
    const known = facts.get(id);
    const [cluster] = await informationOf(client, id);
    if (known !== undefined && cluster !== undefined) known.total = cluster.backends.length;
  });
  return showAnswer(answer, session, (content) => {
    const overview = renderClusterOverview(facts, ids, session.view);
    return session.view.verbose ? `${overview}\n${renderContent(content, session.view)}` : overview;
  });
}

/** The clusters behind a host name, with the answers of main and of the workers. */
async function showServing(
  domain: string,
  answer: Response,
  session: CommandSession,
  client: CommandClient,
): Promise<CommandProblem | null> {
  const content = answer.content?.content_type;
  if (answer.status !== ResponseStatus.OK || content?.kind !== "frontend_list") {
    return showAnswer(answer, session);
  }
  const slash = domain.indexOf("/");
  const [hostname, path] = slash < 0
    ? [domain, undefined]
    : [domain.slice(0, slash), domain.slice(slash)];
  const ids = [...clustersServing(content.value, hostname, path)].sort();
  const merged = new Map<string, ClusterInformation[]>([["main", []]]);
  for (const id of ids) {
    const part = (await client.send(clusterQuery(id))).content?.content_type;
    const parts: Iterable<[string, Content | null]> = part?.kind === "worker_responses"
      ? [...part.value.map].map(([responder, { content_type }]) => [responder, content_type])
      : [["main", part ?? null]];
    for (const [responder, known] of parts) {
      const list = merged.get(responder) ?? [];
      if (known?.kind === "clusters") list.push(...known.value.vec);
      merged.set(responder, list);
    }
  }
  const map = new Map(
    [...merged].map(([responder, vec]) =>
      [responder, { content_type: { kind: "clusters" as const, value: { vec } } }] as const
    ),
  );
  return showAnswer(
    { ...answer, content: { content_type: { kind: "worker_responses", value: { map } } } },
    session,
  );
}

function clusterQuery(id: string): Request {
  return { request_type: { kind: "query_cluster_by_id", value: id } };
}

/** Each known cluster, and whether main and all workers agree on it. */
function clusterIds(answer: Response): Map<string, boolean> {
  const content = answer.content?.content_type;
  const responses = content?.kind === "worker_responses"
    ? [...content.value.map.values()].map(({ content_type }) => content_type)
    : [content];
  const lists = responses.flatMap((part) =>
    part?.kind === "cluster_hashes" ? [part.value.map] : []
  );
  const ids = [...new Set(lists.flatMap((list) => [...list.keys()]))].sort();
  return new Map(ids.map((id) => [id, new Set(lists.map((list) => list.get(id))).size === 1]));
}

function collectFrontends(list: ListedFrontends, facts: ReadonlyMap<string, ClusterFacts>): void {
  const note = (into: string[] | undefined, text: string) => {
    if (into !== undefined && !into.includes(text)) into.push(text);
  };
  const http: RequestHttpFrontend[] = [...list.http_frontends, ...list.https_frontends];
  for (const { cluster_id, hostname } of http) note(facts.get(cluster_id ?? "")?.hosts, hostname);
  for (const { cluster_id, address } of [...http, ...list.tcp_frontends, ...list.udp_frontends]) {
    note(facts.get(cluster_id ?? "")?.addresses, formatAddress(address));
  }
}

/** Available backends by cluster: the lowest count of any worker. */
async function availableBackends(client: CommandClient): Promise<Map<string, number>> {
  const name = "cluster.available_backends";
  const query = queryMetrics({
    list: false,
    cluster_ids: [],
    backend_ids: [],
    metric_names: [name],
    no_clusters: false,
    workers: true,
  });
  const metrics = await contentOf(client, requestOf(query));
  const fewest = new Map<string, number>();
  const workers = metrics?.kind === "metrics" ? metrics.value.workers.values() : [];
  for (const { clusters } of workers) {
    for (const [id, { cluster }] of clusters) {
      const inner = cluster.get(name)?.inner;
      if (inner?.kind !== "gauge") continue;
      fewest.set(id, Math.min(fewest.get(id) ?? Infinity, Number(inner.value)));
    }
  }
  return fewest;
}

async function informationOf(client: CommandClient, id: string): Promise<ClusterInformation[]> {
  const content = await contentOf(client, clusterQuery(id));
  const main = content?.kind === "worker_responses"
    ? content.value.map.get("main")?.content_type
    : content;
  return main?.kind === "clusters" ? main.value.vec : [];
}

async function contentOf(client: CommandClient, request: Request): Promise<Content | null> {
  return (await client.send(request)).content?.content_type ?? null;
}

async function inTurns(ids: readonly string[], ask: (id: string) => Promise<void>): Promise<void> {
  const rest = [...ids];
  const turns = Array.from({ length: AT_ONCE }, async () => {
    for (let id = rest.shift(); id !== undefined; id = rest.shift()) await ask(id);
  });
  await Promise.all(turns);
}
