// Takes sockets out of the group of their address without losing a connection: new connections are
// kept away from them first, then they are given time to accept what was on its way, then they close
// one after the other. Workers do the steps; this is the order of the steps. One address at a time has
// one hand-over at a time.

import { formatAddress, formatIp } from "../../../config/values/address.ts";
import type { SocketAddress } from "../../../config/schema/messages.ts";
import { loggerOf } from "../../observe/log/log.ts";
import type { Gatherer, WorkerChannel } from "../commands/fan_out.ts";
import { closingStep, ListenerGroup, stayingPlaces } from "./group.ts";
import { ListenerSteps, type Member, type SharedListener } from "./steps.ts";

/**
 * How long a socket that gets no new connections goes on accepting, in milliseconds: the handshakes
 * under way need a round trip to the client.
 */
export const GRACE_MS = 300;

/** Times the plan is begun anew because sockets came or went in the middle of it. */
const MAX_REPLANS = 16;

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

/** New sockets of an address get no connections before they have proven themselves. */
interface Hold {
  /** How many want it. */
  count: number;
  proven: Set<number>;
}

/** Hand-overs of all listeners of this machine that belong to us. */
export class ListenerHandOver {
  readonly #parts: HandOverParts;
  readonly #steps: ListenerSteps;
  readonly #groups = new Map<string, ListenerGroup>();
  readonly #holds = new Map<string, Hold>();
  /** The end of the line of each address. */
  readonly #lines = new Map<string, Promise<unknown>>();
  readonly #log = loggerOf("supervisor::hand_over");
  #hasWarned = false;

  constructor(parts: HandOverParts) {
    this.#parts = parts;
    this.#steps = new ListenerSteps(parts.gatherer, parts.patienceMs);
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

  /** Sockets of an earlier main process share an address: their places are not known. */
  doubt(address: SocketAddress): void {
    this.#look(address)?.doubt();
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
   * Keeps new connections with the sockets there are now: those that join get none until they were
   * proven. Every hold needs a {@link release}. The reason when new sockets cannot be kept out.
   */
  hold(listener: SharedListener, workers: readonly WorkerChannel[]): Promise<string | null> {
    return this.#inLine(listener.address, async () => {
      const hold = this.#holdOf(listener.address);
      hold.count++;
      if (hold.count > 1) return null;
      hold.proven = new Set(this.#look(listener.address)?.order);
      return await this.#admitProven(listener, workers);
    });
  }

  /** Lets the socket of a proven worker have new connections like those that were there before. */
  trust(listener: SharedListener, worker: WorkerChannel): Promise<string | null> {
    return this.#inLine(listener.address, async () => {
      const name = await this.#steps.nameOf(listener, worker);
      if (typeof name === "string") return name;
      this.#holds.get(formatAddress(listener.address))?.proven.add(name);
      return null;
    });
  }

  /** Forgets every hold of an address, because whoever came was proven by somebody else. */
  trustAll({ address }: SharedListener): void {
    this.#holds.delete(formatAddress(address));
  }

  /** Ends a hold: after the last one every socket has new connections. */
  release(listener: SharedListener, workers: readonly WorkerChannel[]): Promise<string | null> {
    return this.#inLine(listener.address, async () => {
      const key = formatAddress(listener.address);
      const hold = this.#holds.get(key);
      if (hold !== undefined && --hold.count <= 0) this.#holds.delete(key);
      this.#look(listener.address);
      return await this.#admitProven(listener, workers);
    });
  }

  /**
   * Lets a worker prove that it serves a listener: for a moment new connections go to its socket alone,
   * one of our own among them. The reason when it failed.
   */
  prove(
    listener: SharedListener,
    worker: WorkerChannel,
    workers: readonly WorkerChannel[],
  ): Promise<string | null> {
    return this.#inLine(listener.address, async () => {
      const name = await this.#steps.nameOf(listener, worker);
      if (typeof name === "string") return name;
      const place = this.#look(listener.address)?.order.indexOf(name) ?? -1;
      const steered = place < 0
        ? "it cannot be seen"
        : await this.#steps.steer(listener, [worker], [place]);
      // A connection that may come out anywhere proves nothing.
      if (steered !== null) return this.#withoutSteering(steered);
      const failure = await this.#steps.probe(listener, worker);
      await this.#admitProven(listener, workers);
      return failure;
    });
  }

  async #leave(
    listener: SharedListener,
    leaving: readonly WorkerChannel[],
    helpers: readonly WorkerChannel[],
  ): Promise<string | null> {
    const { address } = listener;
    const members = await this.#steps.members(listener, leaving);
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
      const places = stayingPlaces(group.order, names.union(this.#unproven(address)));
      if (places.length === 0) return `Nobody else listens on ${formatAddress(address)} any more`;
      const steered = await this.#steps.steer(listener, commanders, places);
      if (steered !== null) return await this.#closeAll(listener, members, steered);
      await new Promise((resolve) => setTimeout(resolve, this.#parts.graceMs ?? GRACE_MS));
      this.#look(address);
      if (await this.#closeInTurn(listener, members, group, commanders)) {
        await this.#admitProven(listener, helpers);
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
      const step = closingStep(group.order, leaving, this.#unproven(listener.address));
      if (step === null) return true;
      const owner = members.find(({ socket }) => socket === step.socket)?.worker as WorkerChannel;
      await this.#steps.steer(listener, commanders, step.targets);
      const reason = await this.#steps.close(listener, owner);
      const joined = this.#look(listener.address)?.order ?? [];
      if (joined.includes(step.socket)) {
        // It is stuck; a socket nobody is sent to does no harm until its process ends.
        leaving.delete(step.socket);
        this.#log.warn("Worker {id} did not close its socket at {address}: {reason}", {
          id: owner.id,
          address: formatAddress(listener.address),
          reason,
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
      await this.#steps.close(listener, worker);
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
    for (const { worker, socket } of await this.#steps.members(listener, workers)) {
      // A wrong place costs the time a probe has, so the one it is believed to have comes first.
      const believed = group.order.indexOf(socket);
      const places = [...free].sort((a, b) => Number(b === believed) - Number(a === believed));
      for (const place of places) {
        if (await this.#steps.steer(listener, [worker], [place]) !== null) return;
        if (await this.#steps.probe(listener, worker) !== null) continue;
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

  #holdOf(address: SocketAddress): Hold {
    const key = formatAddress(address);
    let hold = this.#holds.get(key);
    if (hold === undefined) this.#holds.set(key, hold = { count: 0, proven: new Set() });
    return hold;
  }

  /** The sockets of an address that are to get no new connections yet. */
  #unproven(address: SocketAddress): ReadonlySet<number> {
    const hold = this.#holds.get(formatAddress(address));
    const order = this.#groupOf(address).order;
    return new Set(hold === undefined ? [] : order.filter((socket) => !hold.proven.has(socket)));
  }

  /** New connections for every socket but those that have not proven themselves. */
  async #admitProven(
    listener: SharedListener,
    workers: readonly WorkerChannel[],
  ): Promise<string | null> {
    const unproven = this.#unproven(listener.address);
    const { order } = this.#groupOf(listener.address);
    const places = this.#holds.has(formatAddress(listener.address))
      ? stayingPlaces(order, unproven)
      : [];
    return await this.#steps.steer(listener, workers, places);
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
