// Completion tried in real shells: a script is loaded, a line is typed as far as it goes, and what the shell
// offers comes back. The program that is completed is a stub that prints its own arguments' values.

import assert from "node:assert/strict";

// deno-lint-ignore no-control-regex
const ESCAPES = /\x1b\[[0-9;?]*[A-Za-z]/g;

/** Shells that can be tried. */
export type Shell = "bash" | "zsh" | "fish";

// Longer than any of them takes on a busy machine.
const PATIENCE_SECONDS = 20;

/** A folder with a completion script, two files and a program called sozu. */
export class ShellTrial implements Disposable {
  readonly #folder = Deno.makeTempDirSync();
  readonly #shell: Shell;

  constructor(shell: Shell, script: string) {
    this.#shell = shell;
    Deno.writeTextFileSync(`${this.#folder}/script`, script);
    for (const name of ["one.toml", "two.toml"]) {
      Deno.writeTextFileSync(`${this.#folder}/${name}`, "");
    }
    const program = `${this.#folder}/sozu`;
    Deno.writeTextFileSync(program, STUB, { mode: 0o755 });
  }

  /** Whether the shell is there; says so when it is not. */
  static isInstalled(shell: Shell): boolean {
    try {
      return new Deno.Command(shell, { args: ["-c", ":"] }).outputSync().success;
    } catch {
      console.error(`SKIPPED the completions of ${shell}: it is not installed`);
      return false;
    }
  }

  /** What is offered at the end of a line; \`expected\` is waited for where a terminal is needed. */
  async offers(line: string, expected: string): Promise<string> {
    const { code, stdout, stderr } = await new Deno.Command(this.#shell, {
      args: argumentsOf(this.#shell, line, expected),
      cwd: this.#folder,
      env: { PATH: `${this.#folder}:${Deno.env.get("PATH")}`, HOME: this.#folder, TERM: "xterm" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assert.equal(code, 0, decoder.decode(stderr));
    const names = [...Deno.readDirSync(this.#folder)].map(({ name }) => name);
    assert.ok(!names.includes("pwned"), "a name was run as a command");
    // Descriptions stand behind a tab, and a line editor moves its cursor about.
    return decoder.decode(stdout).replaceAll(/\t.*/g, "").replaceAll(ESCAPES, " ");
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

/** Answers only to whoever passes on how to reach the proxy. */
const STUB = `#!/bin/sh
case "$*" in
    "-c one.toml completion-values clusters") printf 'web\\nwiki\\n$(touch pwned)\\n' ;;
    "--socket=s completion-values listeners") printf '127.0.0.1:80\\n127.0.0.1:8443\\n[::1]:80\\n' ;;
    *) echo "unexpected arguments: $*" ;;
esac
`;

function argumentsOf(shell: Shell, line: string, expected: string): string[] {
  switch (shell) {
    case "bash":
      // An interactive shell expands nothing here: the words are split as readline does it.
      return ["-c", BASH_DRIVER, "bash", line];
    case "zsh":
      return ["-f", "-c", ZSH_DRIVER, "zsh", line, expected, String(PATIENCE_SECONDS)];
    case "fish":
      return ["--no-config", "-c", 'source script; complete -C "$argv[1]"', line];
  }
}

const BASH_DRIVER = `
source ./script
read -r -a parts <<< "$1"
COMP_WORDS=()
for part in "\${parts[@]}"; do
    while [[ "$part" =~ ^([^:=]*)([:=]+)(.*)$ ]]; do
        [[ -n "\${BASH_REMATCH[1]}" ]] && COMP_WORDS+=("\${BASH_REMATCH[1]}")
        COMP_WORDS+=("\${BASH_REMATCH[2]}")
        part="\${BASH_REMATCH[3]}"
    done
    [[ -n "$part" ]] && COMP_WORDS+=("$part")
done
[[ "$1" == *" " || "$1" == *[:=] ]] && COMP_WORDS+=("")
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_sozu sozu
printf '%s\\n' "\${COMPREPLY[@]}"
`;

// Completion needs the line editor of zsh, and that a terminal.
const ZSH_DRIVER = `
zmodload zsh/zpty
zpty -b term zsh -f -i
await() {
    got=""
    repeat $(( $2 * 10 )); do
        while zpty -r -t term chunk; do got+="$chunk"; done
        [[ "$got" == *"$1"* ]] && return 0
        sleep 0.1
    done
}
zpty -w term "stty rows 60 cols 200; unsetopt zle_bracketed_paste list_ambiguous; autoload -Uz compinit; compinit -u -D"
zpty -w term "source ./script; zstyle ':completion:*' verbose no; LISTMAX=9999; print RE''ADY"
await READY $3
zpty -w -n term "$1"$'\\t'
await "$2" $3
print -r -- "$got"
zpty -d term
`;
