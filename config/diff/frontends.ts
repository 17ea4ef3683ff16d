// The frontend part of a diff. What goes with its listener is withdrawn before it; what stays is not touched,
// whatever happens to the listener.

import { formatAddress } from "../values/address.ts";
import type { ListenerChanges } from "./listeners.ts";
import { equalMessages } from "../schema/message_values.ts";
import { RequestHttpFrontend } from "../schema/messages.ts";
import { routeKey } from "../state/http_frontends.ts";
import {
  compareStreamFrontends,
  placeKey,
  type StreamFrontend,
} from "../state/stream_frontends.ts";
import type { Verb } from "../state/verbs.ts";

/** Verbs to send before, and after, the listeners change. */
export interface BoundChanges {
  readonly before: Verb[];
  readonly after: Verb[];
}

interface HttpTable {
  entries(): ReadonlyMap<string, RequestHttpFrontend>;
  sorted(): RequestHttpFrontend[];
}

interface StreamTable {
  has(frontend: StreamFrontend): boolean;
  sorted(): StreamFrontend[];
}

/** Diff of HTTP or HTTPS frontends: removals, then changes and additions in the order of the keys. */
export function diffHttpFrontends(
  mine: HttpTable,
  theirs: HttpTable,
  { removed }: ListenerChanges,
  add: (frontend: RequestHttpFrontend) => Verb,
  remove: (frontend: RequestHttpFrontend) => Verb,
): BoundChanges {
  const before: Verb[] = [];
  const after: Verb[] = [];
  for (const frontend of mine.sorted()) {
    if (theirs.entries().has(routeKey(frontend))) continue;
    (removed.has(formatAddress(frontend.address)) ? before : after).push(remove(frontend));
  }
  for (const frontend of theirs.sorted()) {
    const known = mine.entries().get(routeKey(frontend));
    if (known === undefined) after.push(add(frontend));
    else if (!equalMessages(RequestHttpFrontend, known, frontend)) {
      after.push(remove(known), add(frontend));
    }
  }
  return { before, after };
}

/**
 * Diff of TCP or UDP frontends: all removals, then all additions. A place of a listener has room for one
 * cluster, and a removal empties it whatever cluster it names; so where anything is removed, all of
 * the place is, and what stays is added again.
 */
export function diffStreamFrontends(
  mine: StreamTable,
  theirs: StreamTable,
  { removed }: ListenerChanges,
  add: (frontend: StreamFrontend) => Verb,
  remove: (frontend: StreamFrontend) => Verb,
): BoundChanges {
  const cleared = new Set<string>();
  for (const frontend of mine.sorted()) {
    if (!theirs.has(frontend)) cleared.add(placeKey(frontend));
  }
  const before: Verb[] = [];
  const after: Verb[] = [];
  let last: StreamFrontend | null = null;
  for (const frontend of mine.sorted()) {
    if (!cleared.has(placeKey(frontend))) continue;
    const address = formatAddress(frontend.address);
    // One removal takes every entry of the cluster at the place, whatever its tags.
    const repeats = last !== null &&
      compareStreamFrontends({ ...last, tags: frontend.tags }, frontend) === 0;
    if (!repeats) {
      (removed.has(address) ? before : after).push(remove(frontend));
    }
    last = frontend;
  }
  for (const frontend of theirs.sorted()) {
    if (cleared.has(placeKey(frontend)) || !mine.has(frontend)) after.push(add(frontend));
  }
  return { before, after };
}
