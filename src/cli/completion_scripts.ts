// Completion scripts for three shells. Each finds the command reached so far by walking the words
// of the line as long as they name a known command, then offers what may follow it.

import type { CompletableOption, CompletionPoint } from "./completion_points.ts";

/** For bash 4 and later. */
export function bashScript(points: readonly CompletionPoint[]): string {
  return `# Completion of sozu for bash.
_sozu() {
${walk(points, "    ", '"${COMP_WORDS[@]:1:COMP_CWORD-1}"')}
    local words=""
    case "$reached" in
${
    points.map((point) => `        ${quoted(key(point))}) words=${quoted(wordsOf(point))} ;;`).join(
      "\n",
    )
  }
    esac
    COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _sozu sozu
`;
}

/** For zsh, with its completion system loaded (compinit). */
export function zshScript(points: readonly CompletionPoint[]): string {
  return `#compdef sozu
# Completion of sozu for zsh.
_sozu() {
${walk(points, "    ", '"${(@)words[2,CURRENT-1]}"')}
    local -a choices
    case "$reached" in
${
    points.map((point) => `        ${quoted(key(point))}) choices=(${describedWords(point)}) ;;`)
      .join("\n")
  }
    esac
    _describe 'sozu' choices || _files
}
compdef _sozu sozu
`;
}

/** For fish 3 and later. */
export function fishScript(points: readonly CompletionPoint[]): string {
  const lines = points.flatMap((point) => {
    const at = `complete -c sozu -n ${quoted(`__sozu_at ${quoted(key(point))}`)}`;
    return [
      ...point.subcommands.map(({ name, description }) =>
        `${at} -f -a ${quoted(name)} -d ${quoted(description)}`
      ),
      ...point.options.map((option) => `${at} ${fishOption(option)}`),
    ];
  });
  return `# Completion of sozu for fish.
function __sozu_at
    set -l reached ""
    for word in (commandline -opc)[2..-1]
        switch "$reached/$word"
            case ${steps(points).map(quoted).join(" ")}
                set reached "$reached/$word"
        end
    end
    test "$reached" = "$argv[1]"
end
${lines.join("\n")}
`;
}

/** Shell code that leaves in \`reached\` the path of the command the words of the line lead to. */
function walk(points: readonly CompletionPoint[], indent: string, words: string): string {
  return [
    'local reached="" word',
    `for word in ${words}; do`,
    '    case "$reached/$word" in',
    `        ${steps(points).map(quoted).join("|")}) reached="$reached/$word" ;;`,
    "    esac",
    "done",
  ].map((line) => indent + line).join("\n");
}

/** `""` for the root, `/cluster/add` for a command. */
function key({ path }: CompletionPoint): string {
  return path.map((word) => `/${word}`).join("");
}

function steps(points: readonly CompletionPoint[]): string[] {
  return points.filter(({ path }) => path.length > 0).map(key);
}

function wordsOf({ subcommands, options }: CompletionPoint): string {
  return [...subcommands.map(({ name }) => name), ...options.flatMap(spellings)].join(" ");
}

function describedWords({ subcommands, options }: CompletionPoint): string {
  const described = [
    ...subcommands.map(({ name, description }) => [name, description] as const),
    ...options.flatMap((option) =>
      spellings(option).map((word) => [word, option.description] as const)
    ),
  ];
  // A colon separates the word from its description, so one inside either is escaped.
  return described.map((pair) => quoted(pair.map((part) => part.replaceAll(":", "\\:")).join(":")))
    .join(" ");
}

function spellings({ short, long }: CompletableOption): string[] {
  return [short, long].filter((word) => word !== undefined);
}

function fishOption({ short, long, description, takesValue }: CompletableOption): string {
  const parts: string[] = [];
  if (short !== undefined) parts.push(`-s ${short.slice(1)}`);
  if (long !== undefined) parts.push(`-l ${long.slice(2)}`);
  if (takesValue) parts.push("-r");
  parts.push(`-d ${quoted(description)}`);
  return parts.join(" ");
}

/** A single-quoted shell word. Fish understands the same spelling of an inner quote. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
