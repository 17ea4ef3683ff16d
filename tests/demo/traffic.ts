// Steady traffic from keep-alive clients: each sends a request, reads the answer, sends the next.
// Every answer counts, whatever happens to the configuration meanwhile.

import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { waitFor } from "../support/wait.ts";
import type { Wire } from "../support/session/wire.ts";

/** What the clients ask for. */
export interface Target {
  readonly host: string;
  readonly path: string;
}

/** Clients that keep asking. */
export class Traffic {
  readonly #port: number;
  readonly #targets: Target[];
  readonly #clients: Promise<void>[];
  #stopped = false;
  #sent = 0;
  #answered = 0;
  readonly #failures: string[] = [];

  /** Starts `clients` connections to a loopback port that ask for the targets in turn. */
  constructor(port: number, targets: readonly Target[], clients: number) {
    this.#port = port;
    this.#targets = [...targets];
    this.#clients = Array.from({ length: clients }, (_, index) => this.#ask(index));
  }

  /** Requests sent so far. */
  get sent(): number {
    return this.#sent;
  }

  /** Requests answered 200 by a backend so far. */
  get answered(): number {
    return this.#answered;
  }

  /** What went wrong, one line a request. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Asks for one more target from now on. */
  add(target: Target): void {
    this.#targets.push(target);
  }

  /** Waits until `count` more requests are answered, or one fails. */
  async flow(count: number): Promise<void> {
    const goal = this.#answered + count;
    await waitFor(
      `${count} more answers`,
      () => this.#answered >= goal || this.#failures.length > 0,
      { deadlineMs: 30_000 },
    );
  }

  /** Lets every client finish the request it is waiting for. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #ask(index: number): Promise<void> {
    let wire: Wire | null = null;
    for (let turn = index; !this.#stopped; turn++) {
      const target = this.#targets[turn % this.#targets.length] as Target;
      try {
        wire ??= await connectRaw(this.#port);
        await this.#exchange(wire, target);
      } catch (error) {
        this.#failures.push(`${target.host}${target.path}: ${(error as Error).message}`);
        wire?.close();
        wire = null;
      }
    }
    wire?.close();
  }

  async #exchange(wire: Wire, { host, path }: Target): Promise<void> {
    this.#sent++;
    await wire.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/plain\r\n\r\n`);
    const response = await readResponse(wire);
    if (response.status !== 200) throw new Error(`answered ${response.status}`);
    this.#answered++;
  }
}
