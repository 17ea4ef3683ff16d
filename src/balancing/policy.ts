// What every balancing policy is: given the backends that may be used, which one? A policy never asks
// whether a backend may be used; BackendSet decides that and hands over the candidates. Backends that share
// an address are one server: of each address it sees one backend.

import type { Backend } from "./backend.ts";
import type { FlowKey } from "./flows/flow_key.ts";

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
   * The set of backends changed, usable or not. The array is not modified afterwards. Only for policies that
   * look at more than the candidates. The candidates are told next.
   */
  membersChanged?(members: readonly Backend[]): void;

  /** The load of a candidate changed. Only for policies that order by load. */
  loadChanged?(backend: Backend): void;

  /** One of the candidates, or `null` when there is none. `key` identifies a flow. Does not allocate. */
  pick(key: FlowKey | null): Backend | null;

  /**
   * One of the first `count` backends of `choices` and no other, `null` when `count` is 0. They are told for this
   * choice alone. Does not allocate.
   */
  pickAmong(choices: readonly Backend[], count: number, key: FlowKey | null): Backend | null;
}
