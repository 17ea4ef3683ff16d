// Packs lines into datagrams: as many whole lines as fit, each with its end. Pure.

/** Largest datagram, in bytes: passes every network undivided, as in sozu 2.1. */
export const MAX_DATAGRAM_BYTES = 502;

const LINE_END = 0x0a;

/** Lines on their way into datagrams. Only ASCII goes in. */
export class Datagrams {
  /** Lines longer than a datagram, which were left out. */
  dropped = 0;
  #full: Uint8Array[] = [];
  #current = new Uint8Array(MAX_DATAGRAM_BYTES);
  #length = 0;

  /** Adds one line. */
  add(line: string): void {
    const size = line.length + 1;
    if (size > MAX_DATAGRAM_BYTES) {
      this.dropped++;
      return;
    }
    if (this.#length + size > MAX_DATAGRAM_BYTES) this.#close();
    for (let i = 0; i < line.length; i++) this.#current[this.#length++] = line.charCodeAt(i);
    this.#current[this.#length++] = LINE_END;
  }

  /** Hands over everything that has been added. */
  take(): Uint8Array[] {
    this.#close();
    const taken = this.#full;
    this.#full = [];
    return taken;
  }

  #close(): void {
    if (this.#length === 0) return;
    this.#full.push(this.#current.subarray(0, this.#length));
    this.#current = new Uint8Array(MAX_DATAGRAM_BYTES);
    this.#length = 0;
  }
}
