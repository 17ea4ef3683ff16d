// The access log of a data plane under test: written as a worker writes it, read back as JSON.

import { ProtobufAccessLogFormat } from "../../../config/schema/messages.ts";
import { LogOutput } from "../../../src/io/log/output.ts";
import { StandardSink } from "../../../src/io/log/sink_file.ts";
import { type LogDirective, parseLogFilter } from "../../../src/observe/log/filter.ts";
import { openAccessLog } from "../../../workers/access_log.ts";
import type { Outlet } from "../../../workers/outlet.ts";
import { serverDefaults, type TestPlane } from "../session/proxy.ts";
import { waitFor } from "../wait.ts";

/** One line of a JSON access log; members that are not known are absent. */
export interface JsonAccessLine {
  readonly time: string;
  readonly level: string;
  readonly tag: string;
  readonly session_id?: string;
  readonly request_id?: string;
  readonly cluster_id?: string;
  readonly backend_id?: string;
  readonly client_address?: string;
  readonly backend_address?: string;
  readonly protocol: string;
  readonly method?: string;
  readonly authority?: string;
  readonly path?: string;
  readonly status?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly request_time_us: number;
  readonly service_time_us: number;
  readonly response_time_us?: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly user_agent?: string;
  readonly x_request_id?: string;
  readonly x_forwarded_for?: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly parent_span_id?: string;
  readonly tls_version?: string;
  readonly tls_cipher?: string;
  readonly tls_sni?: string;
  readonly tls_alpn?: string;
  readonly client_certificate_subject?: string;
  readonly client_certificate_sha256?: string;
}

/** The access log of one data plane. */
export interface TestAccessLog {
  /** Puts a log filter in force. */
  filter(text: string): void;
  output(): LogOutput;
  /** Everything written so far, once there are `count` lines. */
  lines(count: number): Promise<JsonAccessLine[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Lets `proxy` write its access log, as JSON into a file, or to another `target`. */
export function logAccess(proxy: TestPlane, target?: string): TestAccessLog {
  const folder = Deno.makeTempDirSync({ prefix: "sozu-access-" });
  const path = `${folder}/access.log`;
  const outlets: Outlet[] = [];
  let use: (directives: readonly LogDirective[]) => void = () => {};
  const filter = (text: string) => use(parseLogFilter(text).directives);
  const config = {
    ...serverDefaults(),
    access_logs_target: target ?? `file://${path}`,
    access_log_format: ProtobufAccessLogFormat.Json,
  };
  openAccessLog(config, {
    tag: "WRK-00",
    output: new LogOutput(new StandardSink()),
    standard: true,
    adopt: (outlet) => void outlets.push(outlet),
    watchFilter: (onFilter) => use = onFilter,
  }, proxy.plane);
  filter("info");
  const output = () => outlets[0] as LogOutput;
  return {
    filter,
    output,
    async lines(count) {
      let lines: string[] = [];
      await waitFor(`${count} lines`, async () => {
        await output().flushed();
        lines = Deno.readTextFileSync(path).split("\n").slice(0, -1);
        return lines.length >= count;
      }, { deadlineMs: 20_000 });
      return lines.map((line) => JSON.parse(line));
    },
    async [Symbol.asyncDispose]() {
      output().close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
