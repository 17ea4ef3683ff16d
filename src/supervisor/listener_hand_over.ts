// Takes sockets out of the group of their address without losing a connection: new connections are
// kept away from them first, then they are given time to accept what was on its way, then they close
// one after the other. Workers do the steps; this is the order of the steps. One address at a time has
// one hand-over at a time.

import { formatAddress, formatIp } from "../../config/address.ts";
import { encode } from "../../config/codec.ts";
import { type ListenerType, Request, type SocketAddress } from "../../config/messages.ts";
import { loggerOf } from "../observe/log.ts";
import type { Gatherer, WorkerAnswer, WorkerChannel } from "./gather.ts";
import { closingStep, ListenerGroup, stayingPlaces } from "./listener_group.ts";
import type { RequestType } from "./main_context.ts";

/**
 * How long a socket that gets no new connections goes on accepting, in milliseconds: the handshakes
 * under way need a round trip to the client.
 */
export const GRACE_MS = 300;

/** Times the plan is begun anew because sockets came or went in the middle of it. */
const MAX_REPLANS = 16;

/** A listener whose sockets share an address. */
export interface SharedListener {
  readonly proxy: ListenerType;
  readonly address: SocketAddress;
}

/** What a hand-over is done with. */
export interface HandOverParts {
  readonly gatherer: Gatherer;
  /** How long a worker may take for one step, in milliseconds. */
  readonly patienceMs: number;
  /**
   * Names of the sockets that listen on an address, in the order in which they began to; `null` where
   * the system does not tell.
   */
  readonly listing: (endpoint: { ip: string; port: number }) => readonly number[] | null;
  readonly graceMs?: number;
}

/** A socket and the worker it belongs to. */
interface Member {
  readonly worker: WorkerChannel;
  readonly socket: number;
}

/** Hand-overs of all listeners of this machine that belong to us. */
export class ListenerHandOver {
  readonly #parts: HandOverParts;
  readonly #groups = new Map<string, ListenerGroup>();
  /** The end of the line of each address. */
  readonly #lines = new Map<string, Promise<unknown>>();
  readonly #log = loggerOf("supervisor::hand_over");
  #hasWarned = false;

  constructor(parts: HandOverParts) {
    this.#parts = parts;
  }

  /** Takes note of the sockets that listen now. Call it whenever a worker has come or gone. */
  observe(listeners: Iterable<SharedListener>): void {
    for (const { address } of listeners) this.#look(address);
  }

  /** The sockets of an address by place, as far as that is certain. */
  orderOf(address: SocketAddress): readonly number[] | null {
    const group = this.#look(address);
    return group !== null && group.isCertain ? group.order : null;
  }

  /** Takes the order of an address from somebody who followed it. */
  settle(address: SocketAddress, order: readonly number[]): void {
    const group = this.#groupOf(address);
    group.settle(order);
    this.#look(address);
  }

  /**
   * Closes the sockets that `leaving` have for a listener, while others stay that belong to `helpers`
   * or to somebody else. The reason when the sockets were left open.
   */
  leave(
    listener: SharedListener,
    leaving: readonly WorkerChannel[],
    helpers: readonly WorkerChannel[],
  ): Promise<string | null> {
    return this.#inLine(listener.address, () => this.#leave(listener, leaving, helpers));
  }

  /**
   * Keeps new connections with the sockets there are now, so that those that join get none until
   * {@link release}. The reason when that is not possible.
   */
  hold(listener: SharedListener, workers: readonly WorkerChannel[]): Promise<string | null> {
    return this.#inLine(listener.address, async () => {
      const group = this.#look(listener.address);
      const places = group?.order.map((_, place) => place) ?? [];
      return places.length === 0 ? null : await this.#steer(listener, workers, places);
    });
  }

  /** Lets every socket have new connections. */
  release(listener: SharedListener, workers: readonly WorkerChannel[]): Promise<string | null> {
    return this.#inLine(listener.address, () => this.#steer(listener, workers, []));
  }

  /**
   * Proves that a worker serves a listener: new connections go to its socket alone for a moment, one
   * of our own among them. They go where {@link hold} says afterwards, when `held` places are given.
   */
  prove(
    listener: SharedListener,
    worker: WorkerChannel,
    held: number | null,
  ): Promise<string | null> {
    return this.#inLine(listener.address, async () => {
      const group = this.#look(listener.address);
      const name = await this.#nameOf(listener, worker);
      if (typeof name === "string") return name;
      const place = group?.order.indexOf(name) ?? -1;
      // Where nobody can be steered, the only socket proves itself, and one of several may not.
      const steered = place < 0 ? "" : await this.#steer(listener, [worker], [place]);
      if (steered !== null) return this.#withoutSteering(steered);
      const answer = await this.#ask(worker, { kind: "probe_listener", value: listener });
      const back = held === null ? [] : Array.from({ length: held }, (_, i) => i);
      await this.#steer(listener, [worker], back);
      return answer.outcome === "ok" ? null : answer.message;
    });
  }

  async #leave(
    listener: SharedListener,
    leaving: readonly WorkerChannel[],
    helpers: readonly WorkerChannel[],
  ): Promise<string | null> {
    const { address } = listener;
    const members = await this.#members(listener, leaving);
    if (members.length === 0) return null;
    const group = this.#look(address);
    if (group === null) return await this.#closeAll(listener, members, "it cannot be seen");
    const names = new Set(members.map(({ socket }) => socket));
    if (group.order.every((socket) => names.has(socket))) {
      return `Nobody else listens on ${formatAddress(address)}`;
    }
    const commanders = [...helpers, ...leaving];
    if (!group.isCertain) await this.#locate(listener, commanders);
    for (let plans = 0; plans < MAX_REPLANS; plans++) {
      const places = stayingPlaces(group.order, names);
      if (places.length === 0) return `Nobody else listens on ${formatAddress(address)} any more`;
      const steered = await this.#steer(listener, commanders, places);
      if (steered !== null) return await this.#closeAll(listener, members, steered);
      await new Promise((resolve) => setTimeout(resolve, this.#parts.graceMs ?? GRACE_MS));
      this.#look(address);
      if (await this.#closeInTurn(listener, members, group, commanders)) {
        await this.#steer(listener, helpers, []);
        return null;
      }
    }
    return await this.#closeAll(listener, members, "sockets come and go all the time");
  }

  /** Closes from the last place down; `false` when those that are left must be given time once more. */
  async #closeInTurn(
    listener: SharedListener,
    members: readonly Member[],
    group: ListenerGroup,
    commanders: readonly WorkerChannel[],
  ): Promise<boolean> {
    const leaving = new Set(members.map(({ socket }) => socket));
    for (;;) {
      const count = group.order.length;
      const step = closingStep(group.order, leaving);
      if (step === null) return true;
      const owner = members.find(({ socket }) => socket === step.socket)?.worker as WorkerChannel;
      await this.#steer(listener, commanders, step.targets);
      const answer = await this.#ask(owner, { kind: "close_listener_socket", value: listener });
      const joined = this.#look(listener.address)?.order ?? [];
      if (joined.includes(step.socket)) {
        // It is stuck; a socket nobody is sent to does no harm until its process ends.
        leaving.delete(step.socket);
        this.#log.warn("Worker {id} did not close its socket at {address}: {reason}", {
          id: owner.id,
          address: formatAddress(listener.address),
          reason: answer.message,
        });
        continue;
      }
      if (step.exposes || joined.length !== count - 1) return false;
    }
  }

  /** Without knowing who is where, nobody can be kept away: what waits is accepted before the close. */
  async #closeAll(
    listener: SharedListener,
    members: readonly Member[],
    reason: string,
  ): Promise<null> {
    this.#withoutSteering(reason);
    for (const { worker } of members) {
      await this.#ask(worker, { kind: "close_listener_socket", value: listener });
    }
    this.#look(listener.address);
    return null;
  }

  #withoutSteering(reason: string): null {
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      this.#log.warn(
        "New connections cannot be kept away from a listener that closes ({reason}): those in its " +
          "queue are accepted first, but one whose handshake is under way may be reset. " +
          "On Linux net.ipv4.tcp_migrate_req=1 makes that rare",
        { reason },
      );
    }
    return null;
  }

  /**
   * Finds the place of every socket that is ours by sending new connections to one place at a time
   * and asking who accepts. For the rare case that several came or went at once.
   */
  async #locate(
    listener: SharedListener,
    workers: readonly WorkerChannel[],
  ): Promise<void> {
    const group = this.#groupOf(listener.address);
    const free = new Set(group.order.keys());
    const found = new Map<number, number>();
    for (const { worker, socket } of await this.#members(listener, workers)) {
      for (const place of free) {
        if (await this.#steer(listener, [worker], [place]) !== null) return;
        const { outcome } = await this.#ask(worker, { kind: "probe_listener", value: listener });
        if (outcome !== "ok") continue;
        found.set(place, socket);
        free.delete(place);
        break;
      }
    }
    const ours = new Set(found.values());
    const others = group.order.filter((socket) => !ours.has(socket));
    const order = Array.from(group.order, (_, place) => found.get(place) ?? others.pop() as number);
    group.settle(order);
  }

  /** The sockets of those workers that have one. */
  async #members(
    listener: SharedListener,
    workers: readonly WorkerChannel[],
  ): Promise<Member[]> {
    const names = await Promise.all(workers.map((worker) => this.#nameOf(listener, worker)));
    return workers.flatMap((worker, i) => {
      const socket = names[i];
      return typeof socket === "number" ? [{ worker, socket }] : [];
    });
  }

  async #nameOf(listener: SharedListener, worker: WorkerChannel): Promise<number | string> {
    const answer = await this.#ask(worker, { kind: "query_listener_socket", value: listener });
    const content = answer.content?.content_type;
    return content?.kind === "listener_socket_name" ? Number(content.value.inode) : answer.message;
  }

  /** Lets the first worker that can choose who gets new connections; the reason when none can. */
  async #steer(
    { proxy, address }: SharedListener,
    workers: readonly WorkerChannel[],
    targets: readonly number[],
  ): Promise<string | null> {
    let reason = `No worker has a socket at ${formatAddress(address)}`;
    for (const worker of workers) {
      const answer = await this.#ask(worker, {
        kind: "steer_listener",
        value: { proxy, address, targets: [...targets] },
      });
      if (answer.outcome === "ok") return null;
      reason = answer.message;
    }
    return reason;
  }

  async #ask(worker: WorkerChannel, request_type: RequestType): Promise<WorkerAnswer> {
    const { gatherer, patienceMs } = this.#parts;
    const [answer] = await gatherer.scatter({
      verb: "HandOver",
      parcels: [{ worker, request: encode(Request, { request_type }), index: 0 }],
      patience: { kind: "deadline", ms: patienceMs },
    });
    return answer as WorkerAnswer;
  }

  #look(address: SocketAddress): ListenerGroup | null {
    const listing = this.#parts.listing({ ip: formatIp(address.ip), port: address.port & 0xffff });
    if (listing === null) return null;
    const group = this.#groupOf(address);
    group.observe(listing);
    return group;
  }

  #groupOf(address: SocketAddress): ListenerGroup {
    const key = formatAddress(address);
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, group = new ListenerGroup());
    return group;
  }

  /** Does `work` when everything before it at the same address is done. */
  #inLine<T>(address: SocketAddress, work: () => Promise<T>): Promise<T> {
    const key = formatAddress(address);
    const before = this.#lines.get(key) ?? Promise.resolve();
    const done = before.then(work, work);
    this.#lines.set(key, done);
    const forget = () => {
      if (this.#lines.get(key) === done) this.#lines.delete(key);
    };
    done.then(forget, forget);
    return done;
  }
}
