// Drives a proxy with h2load: an exact number of HTTP/1.1 requests, or HTTP/2 for some seconds.

import { BROWSER_HEADERS, HOST } from "../contenders/contender.ts";
import type { LoadResult } from "./wrk.ts";

/** Milliseconds a request may take on average before the run is given up. */
const PATIENCE_MS_PER_REQUEST = 1;

/** Sends `count` requests over 64 keep-alive connections; returns how many did not succeed. */
export async function sendRequests(h2load: string, port: number, count: number): Promise<number> {
  const { stdout } = await new Deno.Command(h2load, {
    args: [
      "--h1",
      `-n${count}`,
      "-c64",
      "-t1",
      `--connect-to=127.0.0.1:${port}`,
      ...BROWSER_HEADERS.flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
      `http://${HOST}/`,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    signal: AbortSignal.timeout(10_000 + count * PATIENCE_MS_PER_REQUEST),
  }).output();
  const output = new TextDecoder().decode(stdout);
  const succeeded = Number(/status codes: (\d+) 2xx/.exec(output)?.[1] ?? 0);
  return count - succeeded;
}

/** One run over HTTP/2. */
export interface H2Load {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  /** Streams at once on each connection. */
  readonly streams: number;
  readonly seconds: number;
  readonly secure: boolean;
  /** Where h2load writes down each request. */
  readonly logPath: string;
}

/** Milliseconds that a run may last beyond its time before it is killed. */
const GRACE_MS = 20_000;

/** Runs one load; throws with h2load's output when it does not end well. */
export async function runH2load(h2load: string, load: H2Load): Promise<LoadResult> {
  await Deno.remove(load.logPath).catch(() => {});
  const { stdout, stderr } = await new Deno.Command(h2load, {
    args: [
      `-D${load.seconds}`,
      `-c${load.connections}`,
      `-m${load.streams}`,
      "-t1",
      `--log-file=${load.logPath}`,
      `--connect-to=127.0.0.1:${load.port}`,
      ...BROWSER_HEADERS.flatMap(([name, value]) => ["-H", `${name.toLowerCase()}: ${value}`]),
      `${load.secure ? "https" : "http"}://${HOST}${load.path}`,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(load.seconds * 1_000 + GRACE_MS),
  }).output();
  const output = new TextDecoder().decode(stdout);
  const number = (pattern: RegExp): number => {
    const found = pattern.exec(output)?.[1];
    if (found === undefined) {
      throw new Error(`h2load gave no result: ${output}${new TextDecoder().decode(stderr)}`);
    }
    return Number(found);
  };
  const succeeded = number(/^status codes: (\d+) 2xx/m);
  const bad = number(/(\d+) failed,/) + number(/(\d+) errored/) + number(/(\d+) timeout/);
  const times = requestTimes(load.logPath);
  return {
    requests: succeeded,
    bytes: number(/\((\d+)\) data/),
    durationMicros: load.seconds * 1_000_000,
    p50: times[Math.floor(times.length / 2)] ?? Number.NaN,
    p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
    errors: bad + number(/2xx, (\d+) 3xx/) + number(/3xx, (\d+) 4xx/) + number(/4xx, (\d+) 5xx/),
  };
}

/** Microseconds that requests took, the shortest first. */
function requestTimes(path: string): number[] {
  const lines = Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
  return lines.map((line) => Number(line.split("\t")[2] ?? 0)).sort((a, b) => a - b);
}
