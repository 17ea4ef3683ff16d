// Who may change the configuration when. Changes of different objects overlap; changes of one
// object follow each other, so that undoing one never undoes another; a change of everything
// (a loaded state, a reloaded file) is alone. First come, first served where turns exclude
// each other. Knows names of objects, nothing of what is changed.

/** Ends a turn; must be called exactly once. */
export type Release = () => void;

interface Waiting {
  /** The object to change; `null` for everything. */
  readonly scope: string | null;
  readonly begin: (release: Release) => void;
}

/** Turns for changes of the configuration. */
export class MutationOrder {
  readonly #active = new Set<string>();
  #exclusive = false;
  /** At most one entry for each client, so scanning it is cheap. */
  #waiting: Waiting[] = [];

  /**
   * A turn for the object named `scope`: at once, without even a microtask in between, when nobody
   * in front excludes it.
   */
  enter(scope: string): Release | Promise<Release> {
    const inLine = this.#waiting.some((other) => other.scope === null || other.scope === scope);
    if (!this.#exclusive && !inLine && !this.#active.has(scope)) return this.#begin(scope);
    return this.#wait(scope);
  }

  /** A turn in which nobody else changes anything. */
  enterExclusive(): Promise<Release> {
    if (this.#isFree() && this.#waiting.length === 0) return Promise.resolve(this.#begin(null));
    return this.#wait(null);
  }

  #wait(scope: string | null): Promise<Release> {
    return new Promise((begin) => this.#waiting.push({ scope, begin }));
  }

  #isFree(): boolean {
    return !this.#exclusive && this.#active.size === 0;
  }

  #begin(scope: string | null): Release {
    if (scope === null) this.#exclusive = true;
    else this.#active.add(scope);
    return () => {
      if (scope === null) this.#exclusive = false;
      else this.#active.delete(scope);
      if (this.#waiting.length > 0) this.#admit();
    };
  }

  /** Lets those in line begin whom nobody in front of them excludes any more. */
  #admit(): void {
    const inFront = new Set<string>();
    const staying: Waiting[] = [];
    const beginning: Waiting[] = [];
    let closed = this.#exclusive;
    for (const entry of this.#waiting) {
      const mayBegin = !closed &&
        (entry.scope === null
          ? staying.length === 0 && beginning.length === 0 && this.#isFree()
          : !inFront.has(entry.scope) && !this.#active.has(entry.scope));
      (mayBegin ? beginning : staying).push(entry);
      if (entry.scope === null) closed = true;
      else inFront.add(entry.scope);
    }
    this.#waiting = staying;
    for (const { scope, begin } of beginning) begin(this.#begin(scope));
  }
}
