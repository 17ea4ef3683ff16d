// The frontend part of a diff. Frontends of a listener that is removed are removed before it. Frontends that stay are
// not touched, whatever happens to their listener.

import { formatAddress } from "../values/address.ts";
import type { ListenerChanges } from "./listeners.ts";
import { equalMessages } from "../schema/message_values.ts";
import { RequestHttpFrontend } from "../schema/messages.ts";
import { routeKey } from "../state/http_frontends.ts";
import {
  addFrontend,
  removeFrontend,
  type RouteKind,
  type StreamKind,
} from "../state/listener_kinds.ts";
import type { StreamFrontend } from "../state/stream_frontends.ts";
import type { ReadonlyTables } from "../state/tables.ts";
import { affinityField } from "../state/verbs/affinity.ts";
import type { Verb } from "../state/verb.ts";

/** Verbs to send before, and after, the listeners change. */
export interface BoundChanges {
  readonly before: Verb[];
  readonly after: Verb[];
}

/** Diff of HTTP or HTTPS frontends: removals, then changes and additions in the order of the keys. */
export function diffHttpFrontends(
  from: ReadonlyTables,
  to: ReadonlyTables,
  kind: RouteKind,
  { removed }: ListenerChanges,
): BoundChanges {
  const mine = from[kind.frontends];
  const theirs = to[kind.frontends];
  const before: Verb[] = [];
  const after: Verb[] = [];
  for (const frontend of mine.sorted()) {
    if (theirs.entries().has(routeKey(frontend))) continue;
    (removed.has(formatAddress(frontend.address)) ? before : after).push(
      removeFrontend(kind, frontend),
    );
  }
  for (const frontend of theirs.sorted()) {
    const known = mine.entries().get(routeKey(frontend));
    if (known === undefined) after.push(addFrontend(kind, frontend));
    else if (!equalMessages(RequestHttpFrontend, known, frontend)) {
      after.push(removeFrontend(kind, known), addFrontend(kind, frontend));
    }
  }
  return { before, after };
}

/** Diff of TCP or UDP frontends: all removals, then all additions, since frontends of one address exclude each other. */
export function diffStreamFrontends(
  from: ReadonlyTables,
  to: ReadonlyTables,
  kind: StreamKind,
  { removed }: ListenerChanges,
): BoundChanges {
  const mine = from[kind.frontends];
  const theirs = to[kind.frontends];
  const before: Verb[] = [];
  const after: Verb[] = [];
  for (const frontend of mine.sorted()) {
    if (theirs.has(frontend)) continue;
    const address = formatAddress(frontend.address);
    const early = removed.has(address) || isInTheWay(to, frontend);
    (early ? before : after).push(removeFrontend(kind, frontend));
  }
  for (const frontend of theirs.sorted()) {
    if (!mine.has(frontend)) after.push(addFrontend(kind, frontend));
  }
  return { before, after };
}

/** Whether the cluster of the frontend gets an affinity key, which TCP frontends exclude. */
function isInTheWay({ clusters }: ReadonlyTables, { cluster_id }: StreamFrontend): boolean {
  const cluster = clusters.get(cluster_id);
  return cluster !== undefined && affinityField(cluster) !== null;
}
