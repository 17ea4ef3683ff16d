// The layout of one application log line: time, nanoseconds, pid, level, process tag, message.
// Values in, text out.

import { safeMessage } from "./safe_text.ts";

/** How severe a line is. */
export type RecordLevel = "trace" | "debug" | "info" | "warning" | "error" | "fatal";

/** The contents of a line. */
export interface LogLine {
  /** Milliseconds since the Unix epoch; fractions down to microseconds count. */
  readonly time: number;
  readonly pid: number;
  readonly level: RecordLevel;
  /** Tag of the process: `MAIN`, `WRK-00`, `CTL`. */
  readonly tag: string;
  /** Path of the module, shown for the verbose levels only. */
  readonly module: string;
  readonly message: string;
}

const NAMES: Readonly<Record<RecordLevel, string>> = {
  trace: "TRACE",
  debug: "DEBUG",
  info: "INFO ",
  warning: "WARN ",
  error: "ERROR",
  fatal: "ERROR",
};

const COLORS: Readonly<Record<RecordLevel, string>> = {
  trace: "\x1b[;90m",
  debug: "\x1b[;36m",
  info: "\x1b[;32;1m",
  warning: "\x1b[;33;1m",
  error: "\x1b[;31;1m",
  fatal: "\x1b[;31;1m",
};

/** The line as one JSON object, newline included. */
export function formatJsonLine(line: LogLine): string {
  const micros = Math.round(line.time * 1000);
  const text = JSON.stringify({
    time: timeText(micros),
    level: NAMES[line.level].trim(),
    tag: line.tag,
    pid: line.pid,
    module: line.module,
    message: safeMessage(line.message),
  });
  return `${text}\n`;
}

/** RFC 3339, UTC, with microseconds. */
function timeText(micros: number): string {
  const seconds = new Date(Math.floor(micros / 1000)).toISOString().slice(0, 19);
  return `${seconds}.${String(micros % 1_000_000).padStart(6, "0")}Z`;
}

/** One line, newline included; line breaks inside the message become spaces. */
export function formatLogLine(line: LogLine, colored: boolean): string {
  const micros = Math.round(line.time * 1000);
  const time = timeText(micros);
  const verbose = line.level === "debug" || line.level === "trace";
  // A record is one line, also when a peer put line breaks into its message.
  const text = (verbose ? `${line.module}\t` : "") +
    safeMessage(line.message);
  const level = NAMES[line.level];
  const prompt = colored
    ? `${time} \x1b[2m${micros}000 \x1b[;2;1m${line.pid} ${
      COLORS[line.level]
    }${level} \x1b[0;1m${line.tag}\x1b[m`
    : `${time} ${micros}000 ${line.pid} ${level} ${line.tag}`;
  return `${prompt}\t${text}\n`;
}
