// The completion script for fish 3 and later: one line for each word that may follow a command.

import type { CompletableOption, CompletionPoint } from "./points.ts";
import type { ValueKind } from "./kinds.ts";
import { key, quoted, steps, valuePlaces, VALUES_COMMAND } from "./scripts.ts";

/** For fish 3 and later. */
export function fishScript(points: readonly CompletionPoint[]): string {
  const places = [...valuePlaces(points).values()].flat();
  return `# Completion of sozu for fish.
# Whether a command is reached, stepping over values.
function __sozu_at
    set -l reached ""
    set -l skipped 0
    for word in (commandline -opc)[2..-1]
        if test $skipped = 1
            set skipped 0
            continue
        end
        switch "$reached $word"
            case ${places.map(quoted).join(" ")}
                set skipped 1
                continue
        end
        switch "$reached/$word"
            case ${steps(points).map(quoted).join(" ")}
                set reached "$reached/$word"
        end
    end
    test "$reached" = "$argv[1]"
end
function __sozu_after_id
    set -l words (commandline -opc)
    test "$words[-1]" = id
end
# What only the running proxy knows.
function __sozu_values
    set -l words (commandline -opc)
    set -l context
    for index in (seq 2 (count $words))
        switch $words[$index]
            case -c --config --socket
                set -a context $words[$index] $words[(math $index + 1)]
            case '--config=*' '--socket=*'
                set -a context $words[$index]
        end
    end
    command $words[1] $context ${VALUES_COMMAND} $argv[1] 2>/dev/null
end
complete -c sozu -f
${points.flatMap(linesOf).join("\n")}
`;
}

function linesOf(point: CompletionPoint): string[] {
  const when = (condition: string) => `complete -c sozu -n ${quoted(condition)}`;
  const reached = `__sozu_at ${quoted(key(point))}`;
  const word = when(`${reached}; and not __sozu_after_id`);
  const clusters = `-x -a ${quoted("(__sozu_values clusters)")}`;
  return [
    ...point.subcommands.map(({ name, description }) =>
      `${when(reached)} -f -a ${quoted(name)} -d ${quoted(description)}`
    ),
    ...point.words.map((text) => `${word} -f -a ${quoted(text)}`),
    ...(point.isRouted ? [`${when(`${reached}; and __sozu_after_id`)} ${clusters}`] : []),
    ...point.options.map((option) => `${when(reached)} ${optionText(option)}`),
  ];
}

function optionText({ short, long, description, value }: CompletableOption): string {
  const parts: string[] = [];
  if (short !== undefined) parts.push(`-s ${short.slice(1)}`);
  if (long !== undefined) parts.push(`-l ${long.slice(2)}`);
  if (value !== null) parts.push(valueText(value));
  parts.push(`-d ${quoted(description)}`);
  return parts.join(" ");
}

function valueText(value: ValueKind): string {
  switch (value.kind) {
    case "file":
      return "-r -F";
    case "text":
      return "-x";
    case "words":
      return `-x -a ${quoted(value.words.join(" "))}`;
    case "asked":
      return `-x -a ${quoted(`(__sozu_values ${value.what})`)}`;
  }
}
