// Opens the output for a log target of the configuration.

import type { LogTarget } from "../../../config/values/log_target.ts";
import { LogOutput, type LogOutputEvents } from "./output.ts";
import type { LogSink } from "./sink.ts";
import { DatagramSink, udpRoute, unixDatagramRoute } from "./sink_datagram.ts";
import { FileSink, StandardSink } from "./sink_file.ts";
import { StreamSink, tcpStream, unixStream } from "./sink_stream.ts";

/**
 * Opens a target, or says why it cannot be opened. Only a file fails here: the output of a receiver that is
 * down connects when it is up, and drops the records that do not fit meanwhile.
 */
export function openLogOutput(
  target: LogTarget,
  events: Partial<LogOutputEvents> = {},
): LogOutput | string {
  const sink = openSink(target);
  return typeof sink === "string" ? sink : new LogOutput(sink, events);
}

/** The log of a process, with a notice for the operator about its output. */
export interface ProcessLogOutput {
  readonly output: LogOutput;
  readonly notice: string | null;
  /** Lines go to standard error. */
  readonly standard: boolean;
}

/**
 * Opens the log of a process; `target` is `null` when `text` names none. A log that cannot be opened
 * goes to standard error instead.
 */
export function openProcessLog(
  target: LogTarget | null,
  text: string,
  events: Partial<LogOutputEvents>,
): ProcessLogOutput {
  const opened = target === null ? `"${text}" is no log target` : openLogOutput(target, events);
  if (typeof opened !== "string") {
    return { output: opened, notice: null, standard: target?.kind === "standard" };
  }
  const notice = `${opened}; logging on standard error instead`;
  return { output: new LogOutput(new StandardSink(), events), notice, standard: true };
}

function openSink(target: LogTarget): LogSink | string {
  switch (target.kind) {
    case "standard":
      return new StandardSink();
    case "file":
      return FileSink.open(target.path);
    case "tcp":
      return new StreamSink(
        `tcp://${target.host}:${target.port}`,
        tcpStream(target.host, target.port),
      );
    case "unix_stream":
      return new StreamSink(`unix-stream://${target.path}`, unixStream(target.path));
    case "udp":
      return new DatagramSink(
        `udp://${target.ip}:${target.port}`,
        () => udpRoute(target.ip, target.port),
      );
    case "unix_datagram":
      return new DatagramSink(`unix://${target.path}`, () => unixDatagramRoute(target.path));
  }
}
