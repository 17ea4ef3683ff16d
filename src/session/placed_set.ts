// A set of things that come and go with every connection. The engine's own sets leave a trail of outgrown
// tables when members come and go; each table of the trail keeps its members, and the tables after it,
// alive until the next full collection. Here members know their places in one array instead.

/** Something that can be a member of one {@link PlacedSet} at a time. */
export interface Placed {
  /** Where it lies; only its set writes this. {@link NOWHERE} when it is in none. */
  place: number;
}

/** The place of what is in no set. */
export const NOWHERE = -1;

/** Members in no particular order. */
export class PlacedSet<T extends Placed> implements Iterable<T> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  /** Adds what is in no set. */
  add(member: T): void {
    member.place = this.#members.length;
    this.#members.push(member);
  }

  /** Removes a member; the last one moves into its place. Does nothing when it is in no set. */
  delete(member: T): void {
    const { place } = member;
    if (place === NOWHERE) return;
    const last = this.#members.pop() as T;
    member.place = NOWHERE;
    if (last === member) return;
    last.place = place;
    this.#members[place] = last;
  }

  /** The members; none may come or go meanwhile. */
  [Symbol.iterator](): Iterator<T> {
    return this.#members[Symbol.iterator]();
  }
}
