// Completion scripts for bash and zsh. Each finds the command reached so far by walking the words of the line
// as long as they name a known command, stepping over the values of options, then offers what may follow.
// No word is ever evaluated, because names of objects are not trusted.

import type { CompletableOption, CompletionPoint } from "./points.ts";
import type { ValueKind } from "./kinds.ts";

/** The hidden command that prints names the running proxy knows. */
export const VALUES_COMMAND = "completion-values";

/** For bash 4.3 and later. */
export function bashScript(points: readonly CompletionPoint[]): string {
  return `# Completion of sozu for bash.
${kindFunction(points)}
_sozu() {
    local reached="" kind="" option="" word cur cut="" i
    local -a words=() context=() choices=()
    COMPREPLY=()
    # Bash splits words at colons and equals signs.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word="\${COMP_WORDS[i]}"
        if ((\${#words[@]} > 0)) && [[ "$word" == [:=]* || "\${COMP_WORDS[i-1]}" == *[:=] ]]; then
            words[\${#words[@]}-1]+="$word"
        else
            words+=("$word")
        fi
    done
    ((\${#words[@]} > 0)) || words=("")
    cur="\${words[\${#words[@]}-1]}"
${walk(points, '"${words[@]:0:${#words[@]}-1}"')}
    if [[ -z "$kind" && "$cur" == --*=* ]]; then
        _sozu_kind "$reached" "\${cur%%=*}"
        cut="\${cur%%=*}="
        cur="\${cur#*=}"
    fi
    case "$kind" in
        "")
            case "$reached" in
${pointCases(points, (point) => `choices=(${wordsOf(point).map(quoted).join(" ")})`)}
            esac ;;
        file)
            compopt -o filenames 2>/dev/null
            mapfile -t choices < <(compgen -f -- "$cur") ;;
        text) return ;;
        words:*) IFS=" " read -r -a choices <<< "\${kind#words:}" ;;
        *) mapfile -t choices < <("$1" "\${context[@]}" ${VALUES_COMMAND} "$kind" 2>/dev/null) ;;
    esac
    # What stands before the last separator is a word of its own to bash.
    word="$cut$cur"
    [[ "$word" == *[:=]* ]] && word="\${word%"\${word##*[:=]}"}" || word=""
    for i in "\${choices[@]}"; do
        [[ "$i" == "$cur"* ]] || continue
        i="$cut$i"
        COMPREPLY+=("\${i#"$word"}")
    done
}
complete -F _sozu sozu
`;
}

/** For zsh, with its completion system loaded (compinit). */
export function zshScript(points: readonly CompletionPoint[]): string {
  return `#compdef sozu
# Completion of sozu for zsh.
${kindFunction(points)}
_sozu() {
    local reached="" kind="" option="" word cur="\${words[CURRENT]}"
    local -a context choices
${walk(points, '"${(@)words[2,CURRENT-1]}"')}
    if [[ -z "$kind" && "$cur" == --*=* ]]; then
        _sozu_kind "$reached" "\${cur%%=*}"
        compset -P '*='
    fi
    case "$kind" in
        "")
            case "$reached" in
${pointCases(points, (point) => `choices=(${describedWords(point)})`)}
            esac
            _describe 'sozu' choices ;;
        file) _files ;;
        text) _message 'value' ;;
        words:*)
            choices=("\${(@s: :)\${kind#words:}}")
            compadd -a choices ;;
        *)
            choices=("\${(@f)$("\${words[1]}" "\${context[@]}" ${VALUES_COMMAND} "$kind" 2>/dev/null)}")
            choices=("\${(@)choices:#}")
            compadd -a choices ;;
    esac
}
compdef _sozu sozu
`;
}

/** \`""\` for the root, \`/cluster/add\` for a command. */
export function key({ path }: CompletionPoint): string {
  return path.map((word) => `/${word}`).join("");
}

/** The keys of all commands but the root. */
export function steps(points: readonly CompletionPoint[]): string[] {
  return points.filter(({ path }) => path.length > 0).map(key);
}

/** The short and the long spelling of an option, as far as it has them. */
export function spellings({ short, long }: CompletableOption): string[] {
  return [short, long].filter((word) => word !== undefined);
}

/** Places of values, \`/cluster/add --id\`, by what completes them, spelled for the scripts. */
export function valuePlaces(points: readonly CompletionPoint[]): Map<string, string[]> {
  const places = new Map<string, string[]>();
  const add = (kind: string, place: string) => places.set(kind, [...places.get(kind) ?? [], place]);
  for (const point of points) {
    if (point.isRouted) add("clusters", `${key(point)} id`);
    for (const option of point.options) {
      if (option.value === null) continue;
      for (const word of spellings(option)) add(kindText(option.value), `${key(point)} ${word}`);
    }
  }
  return places;
}

/** A single-quoted shell word. Fish understands the same spelling of an inner quote. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function kindText(value: ValueKind): string {
  if (value.kind === "words") return `words:${value.words.join(" ")}`;
  return value.kind === "asked" ? value.what : value.kind;
}

/** A shell function that leaves in \`kind\` what completes the value of a word at a command. */
function kindFunction(points: readonly CompletionPoint[]): string {
  const cases = [...valuePlaces(points)].map(([kind, places]) =>
    `        ${places.map(quoted).join("|")}) kind=${quoted(kind)} ;;`
  );
  return `_sozu_kind() {
    kind=""
    case "$1 $2" in
${cases.join("\n")}
    esac
}`;
}

/**
 * Shell code that leaves in \`reached\` the path of the command the words of the line lead to, in \`kind\` what
 * completes the value that is to come, and in \`context\` the options that lead to the running proxy.
 */
function walk(points: readonly CompletionPoint[], words: string): string {
  return `    for word in ${words}; do
        if [[ -n "$kind" ]]; then
            case "$option" in
                -c|--config|--socket) context+=("$option" "$word") ;;
            esac
            kind=""
            continue
        fi
        _sozu_kind "$reached" "$word"
        option="$word"
        [[ -n "$kind" ]] && continue
        case "$word" in
            --config=*|--socket=*) context+=("$word") ;;
        esac
        case "$reached/$word" in
            ${steps(points).map(quoted).join("|")}) reached="$reached/$word" ;;
        esac
    done`;
}

function pointCases(
  points: readonly CompletionPoint[],
  of: (point: CompletionPoint) => string,
): string {
  return points.map((point) => `                ${quoted(key(point))}) ${of(point)} ;;`).join("\n");
}

function wordsOf({ subcommands, words, options }: CompletionPoint): string[] {
  return [...subcommands.map(({ name }) => name), ...words, ...options.flatMap(spellings)];
}

function describedWords({ subcommands, words, options }: CompletionPoint): string {
  const described = [
    ...subcommands.map(({ name, description }) => [name, description]),
    ...words.map((word) => [word]),
    ...options.flatMap((option) => spellings(option).map((word) => [word, option.description])),
  ];
  // A colon separates the word from its description, so one inside either is escaped.
  return described.map((parts) =>
    quoted(parts.map((part) => part.replaceAll(":", "\\:")).join(":"))
  )
    .join(" ");
}
