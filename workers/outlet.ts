// The ways out of a worker process: log files, datagrams, spans.

/** A way out of the process that has to be finished with at its end. */
export interface Outlet {
  /** Opens files anew. */
  reopen(): void;
  /** Resolves when what has gathered is written. */
  flushed(): Promise<void>;
}
