// Workers without processes for the tests of the main process: a channel that records the requests it is
// sent and answers them through the fan-out, and hand-overs that record their steps.

import { decode, DecodeError } from "../../../config/codec/protobuf.ts";
import { Request, ResponseStatus, RunState } from "../../../config/schema/messages.ts";
import { formatAddress } from "../../../config/values/address.ts";
import type { FanOut } from "../../../src/supervisor/commands/fan_out.ts";
import type { ListenerHandOver } from "../../../src/supervisor/listeners/hand_over.ts";
import type { UpgradedWorker } from "../../../src/supervisor/workers/upgrade.ts";

/** How a fake worker answers a request: with a status and a message, or not at all. */
export type FakeAnswer = { readonly status: ResponseStatus; readonly message: string } | null;

const OK: FakeAnswer = { status: ResponseStatus.OK, message: "" };

/** A worker that is no process. */
export class FakeWorker implements UpgradedWorker {
  readonly id: number;
  phase: UpgradedWorker["phase"] = "serving";
  runState: RunState = RunState.RUNNING;
  /** The verbs it was sent, in order. */
  readonly verbs: string[] = [];
  killed = false;
  /** Verbs after which it ends by itself. */
  readonly endsAfter = new Set<string>();
  answer: (verb: string) => FakeAnswer = () => OK;
  readonly #fanOut: FanOut;
  readonly #ended = Promise.withResolvers<void>();

  constructor(id: number, fanOut: FanOut) {
    this.id = id;
    this.#fanOut = fanOut;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  send(requestId: string, bytes: Uint8Array): boolean {
    const request = decode(Request, bytes);
    const verb = request instanceof DecodeError ? "" : request.request_type?.kind ?? "";
    this.verbs.push(verb);
    const answer = this.answer(verb);
    queueMicrotask(() => {
      if (answer !== null) this.#fanOut.receive(this.id, { id: requestId, ...answer });
      if (this.endsAfter.has(verb)) this.end();
    });
    return true;
  }

  kill(): void {
    this.killed = true;
    this.end();
  }

  /** The process ends. */
  end(): void {
    this.#ended.resolve();
  }
}

/** The steps of hand-overs, as `step address …`; `failing` gives the reason of a step that fails. */
export class FakeHandOver {
  readonly steps: string[] = [];
  failing: (step: string) => string | null = () => null;

  readonly hold: ListenerHandOver["hold"] = ({ address }) => this.#step("hold", address);
  readonly release: ListenerHandOver["release"] = ({ address }) => this.#step("release", address);
  readonly prove: ListenerHandOver["prove"] = ({ address }, { id }) =>
    this.#step("prove", address, id);
  readonly acknowledge: ListenerHandOver["acknowledge"] = ({ address }, { id }) =>
    this.#step("acknowledge", address, id);
  readonly closeSockets: ListenerHandOver["closeSockets"] = ({ address }, leaving) =>
    this.#step("close", address, ...leaving.map(({ id }) => id));
  readonly markUncertain: ListenerHandOver["markUncertain"] = (address) =>
    void this.#step("uncertain", address);
  readonly setOrder: ListenerHandOver["setOrder"] = (address, order) =>
    void this.#step("order", address, ...order);

  #step(
    step: string,
    address: Parameters<typeof formatAddress>[0],
    ...more: number[]
  ): Promise<string | null> {
    this.steps.push([step, formatAddress(address), ...more].join(" "));
    return Promise.resolve(this.failing(step));
  }
}
