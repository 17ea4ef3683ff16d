// The states of a connection to a backend that carries many streams, and which may follow which.

import { transitions } from "../../transitions.ts";

/** Where such a connection is. */
export const SharedPhase = {
  /** It is being opened. */
  CONNECTING: 0,
  /** The backend's SETTINGS have not come: nobody knows how many streams it takes. */
  SETTLING: 1,
  OPEN: 2,
  /** It takes no more streams, and closes when those it has are over. */
  LEAVING: 3,
  CLOSED: 4,
} as const;
export type SharedPhase = 0 | 1 | 2 | 3 | 4;

export const SHARED_TRANSITIONS = transitions<keyof typeof SharedPhase>(SharedPhase, {
  CONNECTING: ["SETTLING", "CLOSED"],
  SETTLING: ["OPEN", "CLOSED"],
  OPEN: ["LEAVING", "CLOSED"],
  LEAVING: ["CLOSED"],
  CLOSED: [],
});
