// Something that a test holds back, and lets go at the latest when it ends, also by a failure.

/** Closed until it is opened or disposed of. */
export class Gate {
  readonly #opened = Promise.withResolvers<void>();

  /** Resolves when the gate is open. */
  get passed(): Promise<void> {
    return this.#opened.promise;
  }

  open(): void {
    this.#opened.resolve();
  }

  [Symbol.dispose](): void {
    this.open();
  }
}
