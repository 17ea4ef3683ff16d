// The single steps of a hand-over, each a request to a worker: name your socket, steer new connections,
// probe your own address, close your socket. The order of the steps is in hand_over.ts.

import { formatAddress } from "../../../config/values/address.ts";
import { encode } from "../../../config/codec/protobuf.ts";
import { type ListenerType, Request, type SocketAddress } from "../../../config/schema/messages.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import type { FanOut, WorkerAnswer, WorkerChannel } from "../commands/fan_out.ts";

/** A listener whose sockets share an address. */
export interface SharedListener {
  readonly proxy: ListenerType;
  readonly address: SocketAddress;
}

/** A socket, named by its inode, and the worker it belongs to. */
export interface Member {
  readonly worker: WorkerChannel;
  readonly socket: number;
}

/** Asks workers for steps; each step may take `deadlineMs` milliseconds. */
export class ListenerSteps {
  readonly #fanOut: FanOut;
  readonly #deadlineMs: number;

  constructor(fanOut: FanOut, deadlineMs: number) {
    this.#fanOut = fanOut;
    this.#deadlineMs = deadlineMs;
  }

  /** The sockets of the workers that have one. */
  async members(
    listener: SharedListener,
    workers: readonly WorkerChannel[],
  ): Promise<Member[]> {
    const names = await Promise.all(workers.map((worker) => this.nameOf(listener, worker)));
    return workers.flatMap((worker, i) => {
      const socket = names[i];
      return typeof socket === "number" ? [{ worker, socket }] : [];
    });
  }

  /** The inode of a worker's socket, or why there is none. */
  async nameOf(listener: SharedListener, worker: WorkerChannel): Promise<number | string> {
    const answer = await this.#ask(worker, { kind: "query_listener_socket", value: listener });
    const content = answer.content?.content_type;
    return content?.kind === "listener_socket_name" ? Number(content.value.inode) : answer.message;
  }

  /**
   * Steers new connections to the sockets at `targets`, to all sockets when it is empty. The first worker
   * that can does it; the reason when none can.
   */
  async steer(
    { proxy, address }: SharedListener,
    workers: readonly WorkerChannel[],
    targets: readonly number[],
  ): Promise<string | null> {
    let reason = `No worker has a socket at ${formatAddress(address)}`;
    for (const worker of workers) {
      const value = { proxy, address, targets: [...targets] };
      const answer = await this.#ask(worker, { kind: "steer_listener", value });
      if (answer.outcome === "ok") return null;
      reason = answer.message;
    }
    return reason;
  }

  /** Lets a worker connect to its own address; the reason when its socket does not accept that. */
  async probe(listener: SharedListener, worker: WorkerChannel): Promise<string | null> {
    return reasonOf(await this.#ask(worker, { kind: "probe_listener", value: listener }));
  }

  /** Lets a worker close its socket; the reason when it did not. */
  async close(listener: SharedListener, worker: WorkerChannel): Promise<string | null> {
    return reasonOf(await this.#ask(worker, { kind: "close_listener_socket", value: listener }));
  }

  async #ask(worker: WorkerChannel, request_type: Verb): Promise<WorkerAnswer> {
    const [answer] = await this.#fanOut.run({
      verb: "HandOver",
      requests: [{ worker, request: encode(Request, { request_type }), index: 0 }],
      deadline: { kind: "total", ms: this.#deadlineMs },
    });
    return answer as WorkerAnswer;
  }
}

function reasonOf({ outcome, message }: WorkerAnswer): string | null {
  return outcome === "ok" ? null : message;
}
