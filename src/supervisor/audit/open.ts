// Opens the audit trail of the configuration. A file that cannot be opened is logged as an error and left out; main
// starts without it.

import manifest from "../../../deno.json" with { type: "json" };
import type { Config } from "../../../config/file/load.ts";
import { type AuditFileReport, openAuditFile } from "../../io/log/audit_file.ts";
import { loggerOf } from "../../observe/log/log.ts";
import type { UlidSource } from "../../protocol/http/ids/ulid.ts";
import { type AuditLog, type AuditSink, AuditTrail } from "./trail.ts";

/** Opens the files of the trail. `now` is milliseconds since 1970, with fractions. */
export function openAuditTrail(
  config: Config,
  rowLog: AuditLog,
  ulids: UlidSource,
  now: () => number,
  bootGeneration: number,
): AuditTrail {
  const log = loggerOf("supervisor::audit");
  const report: AuditFileReport = (problem, lost) => {
    if (lost === 0) log.error("{problem}", { problem });
    else log.error("{problem}: {lost} rows are lost", { problem, lost });
  };
  const open = (path: string | undefined): AuditSink | null => {
    if (path === undefined) return null;
    const { file, error, warning } = openAuditFile(path, report);
    if (error !== null) log.error("{error}", { error });
    if (warning !== null) log.warn("{warning}", { warning });
    return file;
  };
  return new AuditTrail({
    source: {
      socket: config.command_socket,
      version: manifest.version,
      buildGitSha: null,
      bootGeneration,
    },
    text: open(config.audit_logs_target),
    json: open(config.audit_logs_json_target),
    log: rowLog,
    ulids,
    now,
  });
}
