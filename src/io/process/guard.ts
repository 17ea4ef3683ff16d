// The last line of defence of a process that serves many: an exception nobody caught belongs to
// one piece of work and must not end the others. It is reported, never hidden.

/** Told of every escaped exception; `count` is how many there have been. */
export type EscapeReport = (what: string, text: string, count: number) => void;

/** Keeps the process alive after uncaught exceptions and rejections; returns how to stop that. */
export function guardProcess(report: EscapeReport): () => void {
  let count = 0;
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    report("Unhandled rejection", describe(event.reason), ++count);
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    report("Uncaught exception", describe(event.error), ++count);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  globalThis.addEventListener("error", onError);
  return () => {
    globalThis.removeEventListener("unhandledrejection", onRejection);
    globalThis.removeEventListener("error", onError);
  };
}

function describe(reason: unknown): string {
  return reason instanceof Error ? reason.stack ?? reason.message : String(reason);
}
