// The single steps of a hand-over as they are asked of workers: which socket is theirs, who gets new
// connections, prove that you accept, close. Knows nothing of the order of the steps.

import { formatAddress } from "../../../config/values/address.ts";
import { encode } from "../../../config/codec/protobuf.ts";
import { type ListenerType, Request, type SocketAddress } from "../../../config/schema/messages.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import type { Gatherer, WorkerAnswer, WorkerChannel } from "../commands/fan_out.ts";

/** A listener whose sockets share an address. */
export interface SharedListener {
  readonly proxy: ListenerType;
  readonly address: SocketAddress;
}

/** A socket, by the name the kernel has for it, and the worker it belongs to. */
export interface Member {
  readonly worker: WorkerChannel;
  readonly socket: number;
}

/** Asks workers for steps; each may take `patienceMs` milliseconds. */
export class ListenerSteps {
  readonly #gatherer: Gatherer;
  readonly #patienceMs: number;

  constructor(gatherer: Gatherer, patienceMs: number) {
    this.#gatherer = gatherer;
    this.#patienceMs = patienceMs;
  }

  /** The sockets of those workers that have one. */
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

  /** The kernel's name of a worker's socket, or why there is none. */
  async nameOf(listener: SharedListener, worker: WorkerChannel): Promise<number | string> {
    const answer = await this.#ask(worker, { kind: "query_listener_socket", value: listener });
    const content = answer.content?.content_type;
    return content?.kind === "listener_socket_name" ? Number(content.value.inode) : answer.message;
  }

  /**
   * Lets the first worker that can choose the places that get new connections, all when there are
   * none; the reason when no worker can.
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

  /** Lets a worker connect to its own address; the reason when that does not come in at its socket. */
  async probe(listener: SharedListener, worker: WorkerChannel): Promise<string | null> {
    return reasonOf(await this.#ask(worker, { kind: "probe_listener", value: listener }));
  }

  /** Lets a worker close its socket; the reason when it did not. */
  async close(listener: SharedListener, worker: WorkerChannel): Promise<string | null> {
    return reasonOf(await this.#ask(worker, { kind: "close_listener_socket", value: listener }));
  }

  async #ask(worker: WorkerChannel, request_type: Verb): Promise<WorkerAnswer> {
    const [answer] = await this.#gatherer.scatter({
      verb: "HandOver",
      parcels: [{ worker, request: encode(Request, { request_type }), index: 0 }],
      patience: { kind: "deadline", ms: this.#patienceMs },
    });
    return answer as WorkerAnswer;
  }
}

function reasonOf({ outcome, message }: WorkerAnswer): string | null {
  return outcome === "ok" ? null : message;
}
