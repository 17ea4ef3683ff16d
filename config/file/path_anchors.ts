// Whether an expression says of both its ends where they are, and how to write one that does. Reads just enough
// of the syntax to find the branches of an alternation.

/** Flags for the rest of the expression, such as `(?i)`. */
const FLAGS = /^\(\?[a-zA-Z-]+\)/;

/** Does each branch begin and end with an anchor, or with what stands for anything? */
export function spansWhole(source: string): boolean {
  return branchesOf(body(source)).every((branch) => opens(branch) && closes(branch));
}

/** The expression that matches as a whole what this one finds in any part. */
export function searching(source: string): string {
  const branches = branchesOf(body(source)).map((branch) => {
    const start = opens(branch) ? "" : ".*";
    const end = closes(branch) ? "" : ".*";
    return start + branch + end;
  });
  return flags(source) + branches.join("|");
}

/** The same expression with both ends said: it means the whole path and nothing else. */
export function anchored(source: string): string {
  const text = body(source);
  const branches = branchesOf(text);
  const [only] = branches;
  if (branches.length > 1 || only === undefined) return `${flags(source)}^(?:${text})$`;
  const inner = only.slice(startAnchor(only), only.length - endAnchor(only));
  return `${flags(source)}^${inner}$`;
}

function flags(source: string): string {
  return FLAGS.exec(source)?.[0] ?? "";
}

function body(source: string): string {
  return source.slice(flags(source).length);
}

function opens(branch: string): boolean {
  return startAnchor(branch) > 0 || branch.startsWith(".*");
}

function closes(branch: string): boolean {
  return endAnchor(branch) > 0 || (/\.\*\??$/.test(branch) && !isEscaped(branch, ".*"));
}

function startAnchor(branch: string): number {
  return branch.startsWith("^") ? 1 : branch.startsWith("\\A") ? 2 : 0;
}

function endAnchor(branch: string): number {
  if (branch.endsWith("$") && !isEscaped(branch, "$")) return 1;
  return branch.endsWith("\\z") && !isEscaped(branch, "\\z") ? 2 : 0;
}

/** Is what ends the branch, from `sign` on, behind an odd number of backslashes? */
function isEscaped(branch: string, sign: string): boolean {
  let at = branch.lastIndexOf(sign);
  let count = 0;
  while (branch[--at] === "\\") count++;
  return count % 2 === 1;
}

/** The branches of an alternation outside of groups and classes; one when there is none. */
function branchesOf(source: string): string[] {
  const branches: string[] = [];
  let start = 0;
  let depth = 0;
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    if (char === "\\") at++;
    else if (inClass) inClass = char !== "]";
    else if (char === "[") {
      inClass = true;
      // A bracket that closes right away is a member of the class.
      if (source[at + 1] === "^") at++;
      if (source[at + 1] === "]") at++;
    } else if (char === "(") depth++;
    else if (char === ")") depth--;
    else if (char === "|" && depth === 0) {
      branches.push(source.slice(start, at));
      start = at + 1;
    }
  }
  branches.push(source.slice(start));
  return branches;
}
