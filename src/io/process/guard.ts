// Handles uncaught exceptions and rejections. Such an exception belongs to one session or one request, and the
// process serves many: it is reported and does not end the process.

/** Called with every uncaught exception; `count` is their number so far. */
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
