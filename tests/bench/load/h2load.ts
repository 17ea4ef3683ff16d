// Sends an exact number of HTTP/1.1 requests with h2load.

import { BROWSER_HEADERS, HOST } from "../contenders/contender.ts";

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
