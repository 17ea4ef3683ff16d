// Drives a proxy with wrk and reads its exact counters.

import { BROWSER_HEADERS, HOST } from "../contenders/contender.ts";

/** One run of wrk. */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  /** Whether to speak TLS, for the server name `localhost`. */
  readonly secure?: boolean;
  /** Whether each request asks for its connection to be closed. */
  readonly closing?: boolean;
}

/** What wrk counted. Latencies in microseconds. */
export interface LoadResult {
  readonly requests: number;
  readonly bytes: number;
  readonly durationMicros: number;
  readonly p50: number;
  readonly p99: number;
  /** Requests answered with 4xx or 5xx, and connections that failed or timed out. */
  readonly errors: number;
}

/** Makes wrk end with its counters as one line of JSON. */
const REPORT_SCRIPT = `done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\\nRESULT {"requests":%d,"bytes":%d,"durationMicros":%d,"p50":%d,"p99":%d,"errors":%d}\\n',
    summary.requests, summary.bytes, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/** Milliseconds that a run may last beyond its time before it is killed. */
const GRACE_MS = 15_000;

/** Runs one load; throws with wrk's output when it does not end well. */
export async function runWrk(
  wrk: string,
  scriptPath: string,
  load: Load,
): Promise<LoadResult> {
  Deno.writeTextFileSync(scriptPath, REPORT_SCRIPT);
  const { stdout, stderr } = await new Deno.Command(wrk, {
    args: argumentsFor(scriptPath, load),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(load.seconds * 1_000 + GRACE_MS),
  }).output();
  const output = new TextDecoder().decode(stdout);
  const result = /^RESULT (.*)$/m.exec(output)?.[1];
  if (result === undefined) {
    throw new Error(`wrk gave no result: ${output}${new TextDecoder().decode(stderr)}`);
  }
  return JSON.parse(result);
}

function argumentsFor(scriptPath: string, load: Load): string[] {
  const headers: (readonly [string, string])[] = [["Host", HOST], ...BROWSER_HEADERS];
  if (load.closing === true) headers.push(["Connection", "close"]);
  return [
    "-t1",
    `-c${load.connections}`,
    `-d${load.seconds}s`,
    "--timeout",
    "10s",
    "-s",
    scriptPath,
    ...headers.flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    load.secure === true
      ? `https://localhost:${load.port}${load.path}`
      : `http://127.0.0.1:${load.port}${load.path}`,
  ];
}
