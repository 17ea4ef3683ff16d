// The access log as the configuration wants it: with the other logs or with a target of its own, in one
// of the formats, as far as the log filter lets it.

import { parseLogTarget } from "../config/values/log_target.ts";
import { ProtobufAccessLogFormat, type ServerConfig } from "../config/schema/messages.ts";
import { openLogOutput } from "../src/io/log/open.ts";
import type { LogOutput } from "../src/io/log/output.ts";
import { AsciiAccessFormat } from "../src/observe/access/ascii.ts";
import { JsonAccessFormat } from "../src/observe/access/json.ts";
import { ProtobufAccessFormat } from "../src/observe/access/protobuf.ts";
import type { AccessFormat } from "../src/observe/access/record.ts";
import { loggerOf, moduleName } from "../src/observe/log/log.ts";
import { levelOf, LOG_LEVELS, type LogDirective } from "../src/observe/log/filter.ts";
import { UlidSource } from "../src/protocol/http/ids/ulid.ts";
import { AccessLog } from "../src/proxy/log/access_log.ts";
import { LoggedParties } from "../src/proxy/log/parties.ts";
import { WallClock } from "../src/proxy/wall_clock.ts";
import type { Outlet } from "./outlet.ts";

/** Module whose level decides what of the access log is written. */
const MODULE = "access";

/** The log of the process that the access log belongs to. */
export interface AccessLogHost {
  readonly tag: string;
  readonly output: LogOutput;
  /** `output` is standard error. */
  readonly standard: boolean;
  /** Looks after one more way out of the process. */
  adopt(outlet: Outlet): void;
  /** Calls `onFilter` now and with every later filter. */
  watchFilter(onFilter: (directives: readonly LogDirective[]) => void): void;
}

/** Who is told about the access log. */
export interface AccessLogOwner {
  /** The access log that is wanted from now on; `null` when nothing of it is. */
  useAccessLog(accessLog: AccessLog | null): void;
  /** Records were lost. */
  countUnsent(count: number): void;
}

/** Gives `owner` the access log of a worker, now and after each change of the log filter. */
export function openAccessLog(
  config: ServerConfig,
  log: AccessLogHost,
  owner: AccessLogOwner,
): void {
  const { output, standard } = accessOutput(config, log, owner);
  const accessLog = new AccessLog({
    output,
    format: accessFormat(config, log, standard),
    parties: new LoggedParties(
      new UlidSource((into) => void crypto.getRandomValues(into), Date.now),
    ),
    clock: new WallClock(() => performance.now(), Date.now),
    onUnsent: () => owner.countUnsent(1),
  });
  log.watchFilter((directives) => {
    accessLog.wantsInfo = wants(directives, "info");
    accessLog.wantsErrors = wants(directives, "error");
    owner.useAccessLog(accessLog.wantsErrors ? accessLog : null);
  });
}

function wants(directives: readonly LogDirective[], level: "info" | "error"): boolean {
  const found = levelOf(directives, moduleName(MODULE));
  return LOG_LEVELS.indexOf(found) >= LOG_LEVELS.indexOf(level);
}

/** Without a target of its own, or with one that cannot be opened, the log of the worker. */
function accessOutput(
  config: ServerConfig,
  log: AccessLogHost,
  owner: AccessLogOwner,
): { readonly output: LogOutput; readonly standard: boolean } {
  const text = config.access_logs_target;
  if (text === undefined || text === config.log_target) return log;
  const target = parseLogTarget(text);
  const logger = loggerOf(MODULE);
  const opened = target === null ? `"${text}" is no log target` : openLogOutput(target, {
    failing: (problem) => logger.error("Access log: {problem}", { problem }),
    recovered: (dropped) => {
      if (dropped > 0) logger.warn("{dropped} access log records were lost", { dropped });
    },
    dropped: (count) => owner.countUnsent(count),
  });
  if (typeof opened === "string") {
    logger.error("Access log: {problem}; it goes with the other logs instead", {
      problem: opened,
    });
    return log;
  }
  log.adopt(opened);
  return { output: opened, standard: target?.kind === "standard" };
}

function accessFormat(config: ServerConfig, log: AccessLogHost, standard: boolean): AccessFormat {
  const { tag } = log;
  const pid = Deno.pid;
  switch (config.access_log_format) {
    case ProtobufAccessLogFormat.Protobuf:
      return new ProtobufAccessFormat({ tag });
    case ProtobufAccessLogFormat.Json:
      return new JsonAccessFormat({ tag, pid });
    default: {
      const colored = (config.access_logs_colored ?? config.log_colored) && standard;
      return new AsciiAccessFormat({ tag, pid, colored });
    }
  }
}
