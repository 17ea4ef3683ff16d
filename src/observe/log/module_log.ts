// What code that carries traffic asks of the application log. The process decides where lines go: it hands
// in `loggerOf` of `log.ts`, and whoever embeds the data plane hands in what it has.

/** Values that the `{names}` in a message stand for. */
export type LogValues = Record<string, unknown>;

/** The log of one module. Neither waits nor throws. */
export interface ModuleLog {
  debug(message: string, values?: LogValues): void;
  info(message: string, values?: LogValues): void;
  warn(message: string, values?: LogValues): void;
  error(message: string, values?: LogValues): void;
  /** Whether a line of this level is written at all: for texts that cost something to make. */
  isEnabledFor(level: "debug"): boolean;
}

/** Gives the log of a module, such as `worker::tls`. */
export type LoggerOf = (module: string) => ModuleLog;
