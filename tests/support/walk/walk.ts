// The walks of README.md: lists in which each step names a file and the function that takes it.

/** One step of a walk. */
export interface Step {
  /** The file, relative to the root of the tree. */
  readonly path: string;
  /** The function or method, as its file spells it. */
  readonly name: string;
}

/** A step is one numbered line that begins with a link to the file, a blank and the function in code. */
const STEP = /^\d+\. \[[^\]]+\]\(([^)\s]+)\) `(#?\w+)\(\)`/gm;

/** How a section begins, and every other that ends it. */
const HEADING = /^#{2,3} .*$/m;

/** The steps under the heading `title` of `document`, in their order; throws when a line is no step. */
export function readWalk(document: string, title: string): Step[] {
  const section = document.split(`\n### ${title}\n`)[1]?.split(HEADING)[0];
  if (section === undefined) throw new Error(`no section is called "${title}"`);
  const steps = [...section.matchAll(STEP)].map(([, path = "", name = ""]) => ({ path, name }));
  const numbered = section.match(/^\d+\. /gm)?.length ?? 0;
  if (steps.length !== numbered) throw new Error(`a step of "${title}" names no function`);
  return steps;
}

/** How texts and records name a step. */
export function stepName({ path, name }: Step): string {
  return `${path} ${name}()`;
}
