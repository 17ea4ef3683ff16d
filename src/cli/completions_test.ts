import assert from "node:assert/strict";
import { parseLine } from "../../tests/support/cli.ts";

/** Runs bash with the script and completes the words of a command line. */
async function completeInBash(script: string, words: string[]): Promise<string[]> {
  const list = words.map((word) => `'${word}'`).join(" ");
  const program = `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _sozu\n` +
    'printf "%s\\n" "${COMPREPLY[@]}"';
  const { code, stdout, stderr } = await new Deno.Command("bash", { args: ["-c", program] })
    .output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

Deno.test("sozu completions bash completes commands and options at every level", async () => {
  const { stdout: script } = await parseLine(["completions", "bash"]);
  const complete = (...words: string[]) => completeInBash(script, ["sozu", ...words]);
  assert.deepEqual(await complete("conn"), ["connection-limit", "connector"]);
  assert.deepEqual((await complete("cluster", "")).filter((word) => !word.startsWith("-")).sort(), [
    ...["add", "h2", "health-check", "help", "list", "remove"],
  ]);
  assert.deepEqual(await complete("-c", "x", "cluster", "health-check", "set", "--u"), [
    "--uri",
    "--unhealthy-threshold",
  ]);
  assert.deepEqual(await complete("frontend", "https", "add", "--hsts-p"), ["--hsts-preload"]);
});

Deno.test("sozu completions zsh and fish name every command and quote descriptions", async () => {
  const zsh = (await parseLine(["completions", "zsh"])).stdout;
  assert.match(zsh, /^#compdef sozu\n/);
  assert.match(zsh, /'\/cluster\/health-check\/set'\) choices=\(.*'--uri:Path to request/);
  const fish = (await parseLine(["completions", "fish"])).stdout;
  assert.match(fish, /complete -c sozu -n .*\/listener\/tcp.* -f -a 'activate' -d /);
  assert.match(fish, /-s i -l id -r -d /);
});

Deno.test("sozu completions refuses a shell it has no script for", async () => {
  const parsed = await parseLine(["completions", "tcsh"]);
  assert.match(parsed.stderr, /Allowed choices are bash, zsh, fish/);
});
