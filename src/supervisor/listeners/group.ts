// The sockets that share one address, in the order of the kernel's reuseport group: a new one is put at
// the end, and when one is closed the last one moves into its place. A steering program selects a socket
// by its place. The kernel does not tell the places; this file derives them from the sockets that join
// and leave. Arithmetic only: sockets are numbers.

/** The order of one group. */
export class ListenerGroup {
  #order: number[] = [];
  #certain = true;

  /** The sockets by place. When {@link isCertain} is false only the set is right. */
  get order(): readonly number[] {
    return this.#order;
  }

  /** Whether the places are certain. */
  get isCertain(): boolean {
    return this.#certain;
  }

  /**
   * Takes the sockets there are now, in the order in which they joined. Several changes at once may have
   * happened in more than one order; the places are uncertain then.
   */
  observe(listing: readonly number[]): void {
    const present = new Set(listing);
    const known = new Set(this.#order);
    const fresh = listing.filter((socket) => !known.has(socket));
    const gone = this.#order.filter((socket) => !present.has(socket));
    if (gone.length > 0 && !this.#isOneWayOnly(gone, fresh.length)) this.#certain = false;
    for (const socket of gone.reverse()) this.#remove(socket);
    this.#order.push(...fresh);
    if (this.#order.length <= 1) this.#certain = true;
  }

  /** Sockets may have joined and left before the first look: the places are uncertain. */
  markUncertain(): void {
    this.#certain = this.#order.length <= 1;
  }

  /** Sets an order that is known from another source. */
  setOrder(order: readonly number[]): void {
    this.#order = [...order];
    this.#certain = true;
  }

  /** Whether these sockets leave the same order behind, in whatever order they left. */
  #isOneWayOnly(gone: readonly number[], fresh: number): boolean {
    const firstGone = Math.min(...gone.map((socket) => this.#order.indexOf(socket)));
    const areLast = firstGone + gone.length === this.#order.length;
    return fresh === 0 && (gone.length === 1 || areLast);
  }

  #remove(socket: number): void {
    const place = this.#order.indexOf(socket);
    const last = this.#order.pop() as number;
    if (place < this.#order.length) this.#order[place] = last;
  }
}

/** The next socket to close, and the places that get new connections meanwhile. */
export interface ClosingStep {
  readonly socket: number;
  /** Places that hold a staying socket before the close and after it. */
  readonly targets: readonly number[];
  /**
   * Whether the kernel may choose among all for a moment after the close, those that are still to be
   * closed among them: they must be given time once more.
   */
  readonly exposes: boolean;
}

/** Places of the sockets that stay. */
export function stayingPlaces(order: readonly number[], leaving: ReadonlySet<number>): number[] {
  return order.flatMap((socket, place) => leaving.has(socket) ? [] : [place]);
}

/**
 * The step that closes the leaving socket with the highest place; `null` when none is left. `barred`
 * are sockets that stay but are to get no new connections.
 */
export function closingStep(
  order: readonly number[],
  leaving: ReadonlySet<number>,
  barred: ReadonlySet<number> = new Set(),
): ClosingStep | null {
  const place = order.findLastIndex((socket) => leaving.has(socket));
  if (place < 0) return null;
  const staying = stayingPlaces(order, leaving.union(barred));
  // The last socket moves: its place is empty afterwards, and a place out of range means any socket.
  const unmoved = staying.filter((staysAt) => staysAt !== order.length - 1);
  const isLastToClose = order.filter((socket) => leaving.has(socket)).length === 1;
  return {
    socket: order[place] as number,
    targets: unmoved.length > 0 ? unmoved : staying,
    exposes: unmoved.length === 0 && !isLastToClose,
  };
}
