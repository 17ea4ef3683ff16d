// The command line as users run it: a process of its own, with its exit code and what it printed.

import assert from "node:assert/strict";
import type { SozuProcess } from "../process/sozu_process.ts";

const MAIN_MODULE = new URL("../../../main.ts", import.meta.url).href;

/** What became of one command. */
export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `sozu ARGS...` in `cwd` and waits for it to end. */
export async function runSozu(
  args: readonly string[],
  cwd: string = Deno.cwd(),
): Promise<CommandOutcome> {
  const { code, stdout, stderr } = await sozuCommand(args, cwd).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A command that is not started yet, for those that run until they are interrupted. */
export function sozuCommand(args: readonly string[], cwd: string): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--no-check", MAIN_MODULE, ...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Commands against a running proxy: `run` tells how they ended, `ok` what those printed that must succeed. */
export function cliOf(sozu: SozuProcess) {
  const run = (...args: string[]): Promise<CommandOutcome> =>
    runSozu(["-c", sozu.configPath, "-t", "20000", ...args], sozu.folder);
  const ok = async (...args: string[]): Promise<string> => {
    const outcome = await run(...args);
    assert.equal(outcome.code, 0, `${args.join(" ")}\n${outcome.stderr}${sozu.stderr}`);
    assert.equal(outcome.stderr, "");
    return outcome.stdout;
  };
  return { run, ok };
}
