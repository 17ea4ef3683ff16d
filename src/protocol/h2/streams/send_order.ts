// Which stream sends next (RFC 9218 section 10): the most urgent one; among equals those whose responses are
// of use only as a whole, the oldest first; then those that are of use in parts, in turns of one frame.

import { isIncremental, type Priority, URGENCIES, urgencyOf } from "./priority.ts";

/** What the order asks of a stream. */
export interface Prioritised {
  readonly id: number;
  /** Changes only while the stream is not in the order. */
  readonly priority: Priority;
}

/** The streams of one urgency that have something to send. */
interface Bucket<S> {
  /** By rising id. */
  readonly whole: S[];
  /** The one whose turn it is comes first. */
  readonly parts: S[];
}

/** The streams that could send right now. */
export class SendOrder<S extends Prioritised> {
  /** By urgency; made for the first stream of each. */
  readonly #buckets: (Bucket<S> | null)[] = new Array<Bucket<S> | null>(URGENCIES).fill(null);
  #size = 0;

  /** How many streams could send. */
  get size(): number {
    return this.#size;
  }

  /** How many of them take turns. */
  get incrementalCount(): number {
    return this.#buckets.reduce((sum, bucket) => sum + (bucket?.parts.length ?? 0), 0);
  }

  /** A stream has something to send, and may. It must not be in the order. */
  add(stream: S): void {
    const bucket = this.#buckets[urgencyOf(stream.priority)] ??= { whole: [], parts: [] };
    this.#size++;
    if (isIncremental(stream.priority)) {
      bucket.parts.push(stream);
      return;
    }
    const { whole } = bucket;
    let at = whole.length;
    while (at > 0 && (whole[at - 1] as S).id > stream.id) at--;
    whole.splice(at, 0, stream);
  }

  /** A stream has nothing to send any more, or may not. Does nothing when it is not in the order. */
  remove(stream: S): void {
    const bucket = this.#bucketOf(stream);
    if (bucket === null) return;
    const list = isIncremental(stream.priority) ? bucket.parts : bucket.whole;
    const at = list.indexOf(stream);
    if (at < 0) return;
    list.splice(at, 1);
    this.#size--;
  }

  /** The stream whose turn it is; `null` when none could send. */
  next(): S | null {
    if (this.#size === 0) return null;
    for (const bucket of this.#buckets) {
      const stream = bucket?.whole[0] ?? bucket?.parts[0];
      if (stream !== undefined) return stream;
    }
    return null;
  }

  /** A frame of this stream was sent and it has more: among its like the next one has its turn. */
  sent(stream: S): void {
    const parts = this.#bucketOf(stream)?.parts;
    if (parts === undefined || parts.length < 2 || parts[0] !== stream) return;
    parts.shift();
    parts.push(stream);
  }

  /** Every stream in the order. */
  forEach(visit: (stream: S) => void): void {
    for (const bucket of this.#buckets) {
      bucket?.whole.forEach(visit);
      bucket?.parts.forEach(visit);
    }
  }

  #bucketOf({ priority }: S): Bucket<S> | null {
    return this.#buckets[urgencyOf(priority)] as Bucket<S> | null;
  }
}
