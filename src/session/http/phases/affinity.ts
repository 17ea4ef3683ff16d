// The key that keeps the requests of one client together: where a cluster chooses its backends by it, and
// only there. It is the value of a header or of a cookie, where the cluster names one, else the address of the
// client.

import { equalsIgnoreCase } from "../../../bytes/ascii.ts";
import type { FlowKey } from "../../../balancing/flows/flow_key.ts";
import { cookieEnd, findCookie } from "../../../protocol/http/cookie.ts";
import { HeaderKind } from "../../../protocol/http/header_kind.ts";
import { Field, type MessageHead } from "../../../protocol/http/message_head.ts";
import type { Cluster } from "../../cluster.ts";
import type { Exchange } from "../exchange.ts";

/**
 * Finds the key of the request, once: a request that is sent again keeps it. What the client sent counts, also
 * where it is not passed on.
 */
export function findFlowKey(exchange: Exchange, cluster: Cluster): void {
  if (exchange.keyed || !cluster.backends.keyed) return;
  exchange.keyed = true;
  const { affinity } = cluster.settings;
  if (affinity !== null) {
    exchange.flowKey = affinity.from === "header"
      ? keyOfHeader(exchange, affinity.name)
      : keyOfCookie(exchange, affinity.name);
  }
  exchange.flowKey ??= exchange.client.sourceKey;
}

/** Of the first field of that name; `null` when there is none, or it is empty. */
function keyOfHeader(exchange: Exchange, name: Uint8Array): FlowKey | null {
  const head = exchange.request;
  for (let i = 0; i < head.count; i++) {
    const start = head.at(i, Field.NAME_START);
    if (!equalsIgnoreCase(head.bytes, start, head.at(i, Field.NAME_END), name)) continue;
    return keyOf(exchange, head.at(i, Field.VALUE_START), head.at(i, Field.VALUE_END));
  }
  return null;
}

/** Of the first cookie of that name; `null` when there is none, or it is empty. */
function keyOfCookie(exchange: Exchange, name: Uint8Array): FlowKey | null {
  const head: MessageHead = exchange.request;
  if (!head.has(HeaderKind.COOKIE)) return null;
  for (let i = 0; i < head.count; i++) {
    if (!head.isKind(i, HeaderKind.COOKIE)) continue;
    const end = head.at(i, Field.VALUE_END);
    const start = findCookie(head.bytes, head.at(i, Field.VALUE_START), end, name);
    if (start >= 0) return keyOf(exchange, start, cookieEnd(head.bytes, start, end));
  }
  return null;
}

function keyOf(exchange: Exchange, start: number, end: number): FlowKey | null {
  return start === end ? null : exchange.ownKey().ofValue(exchange.request.bytes, start, end);
}
