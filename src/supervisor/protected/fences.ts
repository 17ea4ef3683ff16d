// While a health check with values changes step by step, nothing may change beside it that it could meet: other
// changes of its cluster, changes of everything, and workers that take in the state.

import { scopeOf } from "../../../config/undo/undo.ts";
import { rowOf, type Verb } from "../../../config/state/verbs.ts";

/** The changes under way. */
export class ProtectedFences {
  /** The objects being changed. */
  readonly #scopes = new Set<string>();
  #waiting: (() => void)[] = [];

  /** Whether a change is under way. */
  get isBusy(): boolean {
    return this.#scopes.size > 0;
  }

  /** Begins a change of the object that `verb` is about; `false` when one is under way already. */
  begin(verb: Verb): boolean {
    const scope = scopeOf(verb);
    if (this.#scopes.has(scope)) return false;
    this.#scopes.add(scope);
    return true;
  }

  /** The change has ended. */
  end(verb: Verb): void {
    this.#scopes.delete(scopeOf(verb));
    if (this.isBusy) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when no change is under way. */
  async idle(): Promise<void> {
    while (this.isBusy) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Why a verb may not be executed now, or `null`. */
  objection(verb: Verb): string | null {
    if (!this.isBusy) return null;
    const isMeant = rowOf(verb.kind).concernsAll === true || this.#scopes.has(scopeOf(verb)) ||
      this.#movesBehindSocket(verb);
    return isMeant ? "busy: a health check with header values is being changed, try again" : null;
  }

  /** A backend behind a unix socket may not go with the port of the check. */
  #movesBehindSocket({ value }: Verb): boolean {
    if (typeof value !== "object" || !("unix_path" in value)) return false;
    return value.unix_path !== undefined && this.#scopes.has(`cluster ${value.cluster_id}`);
  }
}
