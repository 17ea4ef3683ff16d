// A client connection that has something to go through before its protocol begins: a PROXY header, a
// TLS handshake. It counts as a connection all the while, has one deadline that no byte moves, and then
// becomes the session of its protocol. Knows none of the stages.

import { EXPECTED_REQUEST_MS } from "../../../config/defaults.ts";
import type { Accepted, ByteStream } from "../../io/contracts.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import type { WorkerContext } from "../worker_context.ts";
import type { Timed } from "../timing/deadline_wheel.ts";
import { NOWHERE } from "../placed_set.ts";
import { Ending, type SessionTarget } from "../upstream/session_target.ts";
import { type OnSessionEnd, type Session, type SessionStarter } from "../session.ts";

/** One step between accept and protocol. */
export interface Stage {
  /**
   * Resolves with the connection as the next step sees it (another stream around the same socket,
   * another peer), or with `null` when the client may not go on; the stage has counted and logged why,
   * and the caller closes the connection. Rejects when the connection broke or was closed.
   */
  enter(accepted: Accepted): Promise<Accepted | null>;
}

/** A connection in its stages, then in its protocol. */
export class StagedSession implements Session, Timed {
  place = NOWHERE;
  deadline = Infinity;
  filedTick = Infinity;
  filedIndex = 0;
  readonly #accepted: Accepted;
  readonly #stages: readonly Stage[];
  readonly #next: SessionStarter;
  readonly #worker: WorkerContext;
  readonly #onEnd: OnSessionEnd;
  readonly #acceptedAt: number;
  /** What {@link close} closes: the stream of the last stage passed. */
  #stream: ByteStream;
  #inner: Session | null = null;
  #closed = false;

  /** `timeout` in milliseconds for all stages together. */
  constructor(
    accepted: Accepted,
    stages: readonly Stage[],
    next: SessionStarter,
    worker: WorkerContext,
    timeout: number,
    onEnd: OnSessionEnd,
  ) {
    this.#accepted = accepted;
    this.#stages = stages;
    this.#next = next;
    this.#worker = worker;
    this.#onEnd = onEnd;
    this.#acceptedAt = worker.wheel.now;
    this.#stream = accepted.stream;
    worker.wheel.arm(this, timeout);
  }

  get lastActive(): number {
    return this.#inner?.lastActive ?? this.#acceptedAt;
  }

  async run(): Promise<void> {
    try {
      const accepted = await this.#enterStages();
      this.#worker.wheel.disarm(this);
      if (accepted === null || this.#closed) return;
      this.#inner = this.#next.start(accepted, ignoreEnd);
      if (this.#inner !== null) await this.#inner.run();
      else {
        this.#worker.counters.add(Counter.REFUSED, 1);
        this.#worker.observer?.connectionRefused(accepted, "max_buffers");
      }
    } catch {
      // The connection broke in a stage: an ordinary end.
    } finally {
      this.close();
      this.#worker.wheel.disarm(this);
      this.#onEnd(this);
    }
  }

  /** A client in a stage has a request to send: it gets to send it. */
  drain(): void {
    this.#inner?.drain();
  }

  leaveIdle(): boolean {
    if (this.#inner !== null) return this.#inner.leaveIdle();
    const { wheel } = this.#worker;
    wheel.arm(this, Math.max(0, this.#acceptedAt + EXPECTED_REQUEST_MS - wheel.now));
    return false;
  }

  endFor(target: SessionTarget): Ending {
    return this.#inner?.endFor(target) ?? Ending.NONE;
  }

  close(): void {
    if (this.#inner !== null) return this.#inner.close();
    if (this.#closed) return;
    this.#closed = true;
    this.#stream.close();
  }

  /** A client that is still in a stage is cut without a word. */
  onDeadline(): void {
    this.#worker.counters.add(Counter.TIMEOUTS, 1);
    this.close();
  }

  async #enterStages(): Promise<Accepted | null> {
    let accepted = this.#accepted;
    for (const stage of this.#stages) {
      const passed = await stage.enter(accepted);
      if (passed === null) return null;
      accepted = passed;
      this.#stream = passed.stream;
      if (this.#closed) {
        passed.stream.close();
        return null;
      }
    }
    return accepted;
  }
}

/** The end of the inner session is the end of this one, which tells it itself. */
function ignoreEnd(): void {}
