// The openssl program as a TLS client and as a maker of certificates.

import { findProgram } from "../../bench/load/tools.ts";

/** Path of the program; null when it is not installed. */
export const OPENSSL = findProgram("openssl");

/** What a run of a program printed and how it ended. */
export interface Outcome {
  readonly text: string;
  readonly code: number;
}

/** Runs a program with `input`; everything it prints, on both outputs, is its text. */
export async function runProgram(
  program: string,
  args: readonly string[],
  input = "",
  deadlineMs = 15_000,
): Promise<Outcome> {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(deadlineMs),
  }).spawn();
  const writer = child.stdin.getWriter();
  // A program that leaves early does not read what it is given.
  writer.write(new TextEncoder().encode(input)).then(() => writer.close()).catch(() => {});
  const { stdout, stderr, code } = await child.output();
  return { text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr), code };
}

/** Runs `openssl s_client` against a loopback port; `request` is sent and everything read to the end. */
export function opensslClient(
  port: number,
  args: readonly string[],
  request = "",
): Promise<Outcome> {
  const ignoresEnd = request === "" ? [] : ["-ign_eof"];
  return runProgram(
    OPENSSL as string,
    ["s_client", "-connect", `127.0.0.1:${port}`, ...ignoresEnd, ...args],
    request,
  );
}
