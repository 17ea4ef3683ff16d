// Programs in Go that tests use: built with the versions pinned in tests/support/go, into a folder outside of the tree
// in which the next run finds them again.

import { findProgram } from "../../bench/load/tools.ts";

const MODULE = new URL("../go/", import.meta.url).pathname;

/** What a program is built of, by its name. */
const PACKAGES = {
  h2spec: "github.com/summerwind/h2spec/cmd/h2spec",
  asker: "./asker",
} as const;

/** A built program, or why there is none. */
export type GoProgram = { readonly path: string } | { readonly problem: string };

/** Builds a program; the compiler keeps what it has built, so that asking again costs little. */
export async function goProgram(name: keyof typeof PACKAGES): Promise<GoProgram> {
  const go = findProgram("go");
  if (go === null) return { problem: "no Go compiler is installed" };
  const path = `${cacheFolder()}/${name}`;
  const { success, stderr } = await new Deno.Command(go, {
    args: ["build", "-o", path, PACKAGES[name]],
    cwd: MODULE,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(120_000),
  }).output();
  if (success) return { path };
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  return { problem: `go build failed: ${lines.at(-1) ?? ""}` };
}

function cacheFolder(): string {
  const { env } = Deno;
  const base = env.get("XDG_CACHE_HOME") ?? `${env.get("HOME") ?? "/var/tmp"}/.cache`;
  return `${base}/sozu-tests`;
}
