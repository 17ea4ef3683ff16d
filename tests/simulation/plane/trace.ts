// What happened in a run: a number that two equal runs share, and the last lines for people.

/** Lines kept for people. */
const KEPT = 400;

/** The record of one run. */
export class Trace {
  readonly #now: () => number;
  readonly #lines: string[] = [];
  #low = 0x811c9dc5;
  #high = 0x9dc5811c;
  #count = 0;
  /** Everything that must not have happened. */
  readonly violations: string[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Notes that something happened. */
  note(line: string): void {
    const whole = `${this.#now().toFixed(3)} ${line}`;
    for (let i = 0; i < whole.length; i++) {
      const code = whole.charCodeAt(i);
      this.#low = Math.imul(this.#low ^ code, 0x01000193);
      this.#high = Math.imul(this.#high + code, 0x85ebca6b) ^ (this.#high >>> 13);
    }
    this.#lines[this.#count++ % KEPT] = whole;
  }

  /** Notes that something happened which must not. */
  violation(line: string): void {
    this.note(`VIOLATION ${line}`);
    this.violations.push(`${this.#now().toFixed(1)} ms: ${line}`);
  }

  /** Equal for runs in which the same things happened at the same times. */
  get hash(): string {
    const hex = (part: number) => (part >>> 0).toString(16).padStart(8, "0");
    return `${hex(this.#high)}${hex(this.#low)}`;
  }

  get count(): number {
    return this.#count;
  }

  /** The last lines, oldest first. */
  last(): string[] {
    const at = this.#count % KEPT;
    return this.#count <= KEPT
      ? [...this.#lines]
      : [...this.#lines.slice(at), ...this.#lines.slice(0, at)];
  }
}
