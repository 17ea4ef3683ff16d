// What ends an exchange, or a connection that is passed on, from outside.

export const Interruption = {
  NONE: 0,
  TIMEOUT: 1,
  CLIENT_GONE: 2,
  CLIENT_ERROR: 3,
  /** We closed the client connection. */
  CLOSED: 4,
  /** The client sends its body more slowly than the listener allows. */
  SLOW_CLIENT: 5,
} as const;
export type Interruption = 0 | 1 | 2 | 3 | 4 | 5;
