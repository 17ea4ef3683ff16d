// What the first bytes from a backend mean for the exchange that waits for them.

/** How an exchange goes on after the first bytes from its backend; positive numbers see its method. */
export const Answered = {
  /** There is more to come, or something unusual: the exchange has to receive it. */
  PARTLY: 0,
  /** The connection was lost, and the request is sent again on another. */
  AGAIN: -1,
  /** The connection was lost, and the request with it. */
  LOST: -2,
} as const;
export type Answered = number;
