// Clients that keep asking until they are told to stop, for tests and measurements in which processes are
// replaced meanwhile. Every answer counts: whatever is not a whole 200 is a failure with its reason.

import { connectRaw, readResponse } from "./raw_client.ts";
import { pause } from "../wait.ts";

/** What the clients do. */
export interface LoadShape {
  readonly port: number;
  readonly host: string;
  /** Clients that open a connection for each request. */
  readonly single?: number;
  /** Clients that keep their connection as long as they may. */
  readonly kept?: number;
  /** Pause of each client between two requests, in milliseconds. */
  readonly pauseMs?: number;
}

/** Running clients. */
export class SteadyLoad {
  readonly failures: string[] = [];
  /** Longest time between a connection being begun and its answer, in milliseconds. */
  slowestMs = 0;
  readonly #shape: LoadShape;
  readonly #clients: Promise<void>[];
  #answered = 0;
  #opened = 0;
  #stopped = false;

  constructor(shape: LoadShape) {
    this.#shape = shape;
    this.#clients = [
      ...Array.from({ length: shape.single ?? 0 }, () => this.#repeat(() => this.#askOnce())),
      ...Array.from({ length: shape.kept ?? 0 }, () => this.#repeat(() => this.#askAndStay())),
    ];
  }

  /** Requests answered 200. */
  get answered(): number {
    return this.#answered;
  }

  /** Connections opened. */
  get opened(): number {
    return this.#opened;
  }

  /** Ends every client after its request in flight. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #repeat(ask: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      try {
        await ask();
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error));
        await pause(10);
      }
      if (this.#shape.pauseMs !== undefined) await pause(this.#shape.pauseMs);
    }
  }

  async #askOnce(): Promise<void> {
    const began = performance.now();
    using wire = await connectRaw(this.#shape.port);
    this.#opened++;
    await wire.write(`GET / HTTP/1.1\r\nHost: ${this.#shape.host}\r\nConnection: close\r\n\r\n`);
    const { status } = await readResponse(wire, PATIENCE);
    this.slowestMs = Math.max(this.slowestMs, performance.now() - began);
    this.#count(status);
  }

  async #askAndStay(): Promise<void> {
    using wire = await connectRaw(this.#shape.port);
    this.#opened++;
    while (!this.#stopped) {
      await wire.write(`GET / HTTP/1.1\r\nHost: ${this.#shape.host}\r\n\r\n`);
      const { status, header } = await readResponse(wire, PATIENCE);
      this.#count(status);
      if (header("connection") === "close") return;
      if (this.#shape.pauseMs !== undefined) await pause(this.#shape.pauseMs);
    }
  }

  #count(status: number): void {
    if (status === 200) this.#answered++;
    else this.failures.push(`status ${status}`);
  }
}

/** The machine may be loaded; a lost connection shows itself as an error, not as slowness. */
const PATIENCE = { deadlineMs: 20_000 };
