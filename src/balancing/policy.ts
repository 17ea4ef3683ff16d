// What every balancing policy is: given the backends that may be used, which one? A policy never asks
// whether a backend may be used; BackendSet decides that and hands over the candidates.

import type { Backend } from "./backend.ts";

/** How a cluster spreads its load. Numbers of the wire contract. */
export const LoadBalancing = {
  ROUND_ROBIN: 0,
  RANDOM: 1,
  LEAST_LOADED: 2,
  POWER_OF_TWO: 3,
  HRW: 4,
  MAGLEV: 5,
} as const;

export interface Policy {
  /** Flows with the same key go to the same backend: it is worth finding the key of a flow. */
  readonly keyed?: true;

  /** The candidates changed. The array is not modified afterwards; a change brings a new one. */
  candidatesChanged(candidates: readonly Backend[]): void;

  /**
   * The set of backends changed, usable or not. The array is the set's own and changes again before the
   * next call. Only for policies that look at more than the candidates.
   */
  membersChanged?(members: readonly Backend[]): void;

  /** The load of a candidate changed. Only for policies that order by load. */
  loadChanged?(backend: Backend): void;

  /**
   * One of the candidates, or `null` when there is none. `key` identifies a flow, as an unsigned 64-bit
   * number, where the protocol has flows; `null` elsewhere. Does not allocate unless there is a key.
   */
  pick(key: bigint | null): Backend | null;
}
