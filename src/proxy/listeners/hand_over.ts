// The part of a worker in the hand-over of an address from one listening socket to another. The worker does
// single steps. Main decides their order, because only main knows all sockets of an address.

import { formatAddress } from "../../../config/values/address.ts";
import type { Request, ResponseContent } from "../../../config/schema/messages.ts";
import type { ListenerSockets, SocketSteering } from "../parts.ts";
import type { ListenerSet } from "./listener_set.ts";
import type { ListeningSocket } from "./socket.ts";

type RequestType = NonNullable<Request["request_type"]>;
type Content = NonNullable<ResponseContent["content_type"]>;

/** The verbs of a hand-over. */
export type HandOverStep = Extract<RequestType, {
  kind: "steer_listener" | "query_listener_socket" | "probe_listener" | "close_listener_socket";
}>;

/** Does the steps for the listeners of one worker. */
export class HandOver {
  readonly #listeners: ListenerSet;
  readonly #sockets: ListenerSockets;
  #steering: SocketSteering | string | null = null;

  constructor(listeners: ListenerSet, sockets: ListenerSockets) {
    this.#listeners = listeners;
    this.#sockets = sockets;
  }

  /** Does one step: its answer, `null` when it has none, or the reason why it failed. */
  async execute(step: HandOverStep): Promise<Content | string | null> {
    const { proxy, address } = step.value;
    const socket = this.#listeners.socketOf(proxy, address);
    if (socket === null) return `There is no listener at ${formatAddress(address)}`;
    switch (step.kind) {
      case "steer_listener":
        return await this.#steer(socket, step.value.targets);
      case "query_listener_socket": {
        const own = await socket.own();
        if (typeof own === "string") return own;
        return { kind: "listener_socket_name", value: { inode: BigInt(own.inode) } };
      }
      case "probe_listener":
        return await socket.probe();
      case "close_listener_socket":
        return await socket.close();
    }
  }

  async #steer(socket: ListeningSocket, targets: readonly number[]): Promise<string | null> {
    this.#steering ??= this.#sockets.steering();
    if (typeof this.#steering === "string") return this.#steering;
    const own = await socket.own();
    return typeof own === "string" ? own : this.#steering.steer(own.fd, targets);
  }
}
