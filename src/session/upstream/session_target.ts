// The sessions that an operator wants to see ended: those of one cluster, or of some of its backends only. New
// connections to these backends are not prevented by it.

import type { Backend } from "../../balancing/backend.ts";
import type { SlotHolder } from "../client_limits.ts";
import type { Cluster } from "../cluster.ts";

/** What became of a session that was asked to end. */
export const Ending = {
  /** It is none of those, or was ending already. */
  NONE: 0,
  /** It is closed, or has been told so and waits for nothing but its client. */
  CLOSED: 1,
  /** Its work in progress goes on, and is its last. */
  DRAINING: 2,
} as const;
export type Ending = 0 | 1 | 2;

/** Which backends the sessions have; every field that is not `null` has to agree. */
export interface TargetFields {
  readonly clusterId: string;
  readonly backendId: string | null;
  /** As the configuration writes addresses: `127.0.0.1:80`, `[::1]:80`. */
  readonly address: string | null;
}

/** Tells which sessions are meant. */
export class SessionTarget {
  readonly #fields: TargetFields;

  constructor(fields: TargetFields) {
    this.#fields = fields;
  }

  /** Whether a connection to `backend` of `cluster` is one of those; `null` for a session that has none. */
  matches(cluster: Cluster | null, backend: Backend | null): boolean {
    const { clusterId, backendId, address } = this.#fields;
    return cluster !== null && backend !== null && cluster.id === clusterId &&
      (backendId === null || backend.id === backendId) &&
      (address === null || backend.address.text === address);
  }

  /** Whether the whole cluster is meant, and the client has had a place in it. */
  holdsPlace({ slot, moreSlots }: Pick<SlotHolder, "slot" | "moreSlots">): boolean {
    const { clusterId, backendId, address } = this.#fields;
    if (backendId !== null || address !== null || slot === null) return false;
    if (slot.id === clusterId) return true;
    for (const cluster of moreSlots ?? []) if (cluster.id === clusterId) return true;
    return false;
  }
}

/** How many sessions were ended which way. */
export interface EndedSessions {
  closed: number;
  draining: number;
}
