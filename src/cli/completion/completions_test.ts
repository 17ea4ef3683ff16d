import assert from "node:assert/strict";
import { parseLine } from "../../../tests/support/cli/cli.ts";
import { answering, Configured } from "../../../tests/support/cli/cli_run.ts";
import { ScriptedMain } from "../../../tests/support/cli/scripted_main.ts";
import { type Shell, ShellTrial } from "../../../tests/support/cli/shells.ts";
import { ResponseStatus } from "../../../config/schema/messages.ts";

async function trialOf(shell: Shell): Promise<ShellTrial> {
  return new ShellTrial(shell, (await parseLine(["completions", shell])).stdout);
}

/** A line, what is offered at its end, and what is not. */
type Case = readonly [line: string, offered: readonly string[], missing: readonly string[]];

const CASES: readonly Case[] = [
  ["sozu conn", ["connection-limit", "connection-attempts", "connector"], ["cluster"]],
  ["sozu cluster ", ["add", "health-check", "list"], ["status"]],
  ["sozu -c x cluster health-check set --u", ["--uri", "--unhealthy-threshold"], ["--id"]],
  ["sozu frontend https add --hsts-p", ["--hsts-preload"], ["--hsts-max-age"]],
  // Values of options.
  ["sozu cluster add --load-balancing-policy r", ["round_robin", "random"], ["hrw", "--id"]],
  ["sozu frontend http add --redirect-scheme ", ["use-same", "use-https"], ["id", "--redirect"]],
  ["sozu backend add --backup ", ["true", "false"], ["--backup"]],
  ["sozu certificate add --certificate ", ["one.toml", "two.toml"], ["--key"]],
  ["sozu --config one.toml -c t", ["two.toml"], ["one.toml"]],
  ["sozu -c one.toml cluster remove --id w", ["web", "wiki"], ["--id", "unexpected"]],
  ["sozu --socket=s listener tcp remove -a 127.0.0.1:8", ["80", "8443"], ["::1", "unexpected"]],
  // Words that are no options.
  ["sozu completions ", ["bash", "fish", "zsh"], ["cluster"]],
  ["sozu logging ", ["debug", "error"], ["cluster"]],
  ["sozu frontend http add --hostname a.test ", ["id", "deny"], ["cluster"]],
  ["sozu -c one.toml frontend http add id ", ["web", "wiki"], ["deny", "unexpected"]],
  // A value that reads like a command is none.
  ["sozu -c cluster backend ", ["add", "remove"], ["health-check", "list"]],
];

/** Cases of words that an option may be given with an equals sign. */
const ATTACHED: readonly Case[] = [
  ["sozu cluster add --load-balancing-policy=r", ["round_robin", "random"], ["hrw", "unexpected"]],
  ["sozu -c one.toml cluster list --id=", ["web", "wiki"], ["--id\n", "unexpected"]],
];

for (const shell of ["bash", "zsh", "fish"] as const) {
  Deno.test({
    name: `sozu completions ${shell} completes commands, options and values`,
    ignore: !ShellTrial.isInstalled(shell),
    async fn() {
      using trial = await trialOf(shell);
      // Each line costs zsh a terminal of its own.
      const cases = shell === "zsh" ? CASES.filter((_, index) => index % 4 === 0) : CASES;
      const all = [...cases, ...ATTACHED];
      for (const [line, offered, missing] of all) {
        const text = await trial.offers(line, offered.at(-1) ?? "");
        // A terminal shows what was typed as well.
        const typed = line.slice(0, line.lastIndexOf(" ") + 1);
        const words = text.replaceAll(typed, " ").split(/[\s,]+/).map((word) =>
          word.replace(/^--[a-z-]+=/, "").replace(/^127\.0\.0\.1:/, "")
        );
        for (const word of offered) assert.ok(words.includes(word), `${line}: ${word} in ${text}`);
        for (const word of missing) assert.ok(!words.includes(word), `${line}: ${word} in ${text}`);
      }
    },
  });
}

Deno.test("sozu completion-values prints names that no shell can take for more", async () => {
  const names = ["web", "[::1]", "$(touch pwned)", "a b", "`id`", "x;y", "\u65e5\u672c", "a'b", ""];
  await using main = new ScriptedMain(answering([], () => ({
    status: ResponseStatus.OK,
    content: {
      kind: "cluster_hashes",
      value: { map: new Map(names.map((name) => [name, 1n])) },
    },
  })));
  await using sozu = new Configured(main.path);
  const { code, out } = await sozu.run(["completion-values", "clusters"]);
  assert.deepEqual([code, out], [0, "[::1]\nweb\n\u65e5\u672c\n"]);
  assert.doesNotMatch((await parseLine(["--help"])).stdout, /completion-values/);
});

Deno.test("sozu completions refuses a shell it has no script for", async () => {
  const parsed = await parseLine(["completions", "tcsh"]);
  assert.match(parsed.stderr, /Allowed choices are bash, zsh, fish/);
});
