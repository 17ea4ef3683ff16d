// The order of changes. A change of one object excludes other changes of the same object, so that it can be rolled
// back if a worker refuses it. A change of everything (a loaded state, a reloaded file) begins when it is alone and
// then keeps only the objects it concerns. Turns that exclude each other are first come, first served. Objects are
// names here.

/** Ends a turn; must be called exactly once. */
export type Release = () => void;

type Begin = (release: Release) => void;

/** A turn without any other change. */
export interface ExclusiveTurn {
  /** From now on only changes of these objects are excluded. */
  narrowTo(scopes: ReadonlySet<string>): void;
  readonly release: Release;
}

/** The turns of changes. */
export class ChangeOrder {
  /** Objects being changed, each with the queue for it. */
  readonly #active = new Map<string, Begin[]>();
  /** The queue of changes of everything; the first one may wait for the active changes to end. */
  readonly #exclusiveLine: ((turn: ExclusiveTurn) => void)[] = [];
  /** The state of the change of everything: it waits to begin, is alone, or has narrowed to some objects. */
  #exclusive: "none" | "waiting" | "alone" | "narrowed" = "none";
  /** Changes that came while none may begin. */
  #held: { readonly scope: string; readonly begin: Begin }[] = [];
  /** Callers of {@link settled}. */
  #watchers: (() => void)[] = [];
  /** The objects of a narrowed turn, each with the queue for it. */
  #claimed = new Map<string, Begin[]>();

  /**
   * A turn for the object named `scope`: at once and without a microtask when no earlier change excludes it.
   */
  enter(scope: string): Release | Promise<Release> {
    if (this.#mayBegin(scope)) return this.#begin(scope);
    return new Promise((begin) => this.#lineUp(scope, begin));
  }

  /** A turn without any other change. */
  enterExclusive(): Promise<ExclusiveTurn> {
    return new Promise((begin) => {
      this.#exclusiveLine.push(begin);
      this.#admitExclusive();
    });
  }

  /** Resolves when no change of everything is in progress. */
  settled(): Promise<void> {
    if (this.#exclusive !== "alone" && this.#exclusive !== "narrowed") return Promise.resolve();
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  #mayBegin(scope: string): boolean {
    return (this.#exclusive === "none" || this.#exclusive === "narrowed") &&
      !this.#active.has(scope) && !this.#claimed.has(scope);
  }

  #lineUp(scope: string, begin: Begin): void {
    if (this.#exclusive === "waiting" || this.#exclusive === "alone") {
      this.#held.push({ scope, begin });
      return;
    }
    const line = this.#active.get(scope) ?? this.#claimed.get(scope);
    if (line === undefined) begin(this.#begin(scope));
    else line.push(begin);
  }

  #begin(scope: string): Release {
    this.#active.set(scope, []);
    return this.#releaseOf(scope);
  }

  #releaseOf(scope: string): Release {
    return () => {
      const next = this.#active.get(scope)?.shift();
      if (next !== undefined) return next(this.#releaseOf(scope));
      this.#active.delete(scope);
      if (this.#exclusive === "waiting") this.#admitExclusive();
    };
  }

  #admitExclusive(): void {
    if (this.#exclusiveLine.length === 0) return;
    if (this.#exclusive === "alone" || this.#exclusive === "narrowed") return;
    this.#exclusive = "waiting";
    if (this.#active.size > 0) return;
    this.#exclusive = "alone";
    this.#exclusiveLine.shift()?.({
      narrowTo: (scopes) => this.#narrow(scopes),
      release: () => this.#releaseExclusive(),
    });
  }

  #narrow(scopes: ReadonlySet<string>): void {
    this.#exclusive = "narrowed";
    for (const scope of scopes) this.#claimed.set(scope, []);
    this.#admitHeld();
  }

  #releaseExclusive(): void {
    const lines = [...this.#claimed].filter(([, line]) => line.length > 0);
    this.#claimed = new Map();
    this.#exclusive = "none";
    for (const resolve of this.#watchers.splice(0)) resolve();
    for (const [scope, [first, ...others]] of lines) {
      if (first === undefined) continue;
      this.#active.set(scope, others);
      first(this.#releaseOf(scope));
    }
    this.#admitHeld();
    this.#admitExclusive();
  }

  #admitHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const { scope, begin } of held) this.#lineUp(scope, begin);
  }
}
