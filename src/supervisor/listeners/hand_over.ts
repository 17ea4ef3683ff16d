// Closes sockets of an address that several processes share without losing a connection. New connections
// are steered to the other sockets first; the leaving ones then accept for a while, because handshakes
// may be under way; then they close one after the other. Workers do the steps; this file holds the order
// of the steps. There is one hand-over at a time for each address.

import { formatAddress, formatIp } from "../../../config/values/address.ts";
import type { SocketAddress } from "../../../config/schema/messages.ts";
import { loggerOf } from "../../observe/log/log.ts";
import type { FanOut, WorkerChannel } from "../commands/fan_out.ts";
import { closingStep, ListenerGroup, stayingPlaces } from "./group.ts";
import { ListenerSteps, type Member, type SharedListener } from "./steps.ts";

/**
 * How long a socket that gets no new connections goes on accepting, in milliseconds: the handshakes
 * under way need a round trip to the client.
 */
export const GRACE_MS = 300;

/** How often the plan is made anew because sockets joined or left in the middle of it. */
const MAX_REPLANS = 16;

/** What a hand-over takes. */
export interface HandOverParts {
  readonly fanOut: FanOut;
  /** How long a worker may take for one step, in milliseconds. */
  readonly deadlineMs: number;
  /**
   * Names of the sockets that listen on an address, in the order in which they began to listen; `null`
   * where the system has no list.
   */
  readonly listing: (endpoint: { ip: string; port: number }) => readonly number[] | null;
  readonly graceMs?: number;
}

/** A hold on an address: sockets that join get no new connections before they are acknowledged. */
interface Hold {
  /** Calls of `hold` without their `release`. */
  count: number;
  acknowledged: Set<number>;
}

/** The hand-overs of all shared listeners of this main process. */
export class ListenerHandOver {
  readonly #parts: HandOverParts;
  readonly #steps: ListenerSteps;
  readonly #groups = new Map<string, ListenerGroup>();
  readonly #holds = new Map<string, Hold>();
  /** The last hand-over of each address, which the next one waits for. */
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #log = loggerOf("supervisor::hand_over");
  #hasWarned = false;

  constructor(parts: HandOverParts) {
    this.#parts = parts;
    this.#steps = new ListenerSteps(parts.fanOut, parts.deadlineMs);
  }

  /** Reads the sockets that listen now. Call it whenever a worker has started or ended. */
  observe(listeners: Iterable<SharedListener>): void {
    for (const { address } of listeners) this.#look(address);
  }

  /** The sockets of an address by place, as far as that is certain. */
  orderOf(address: SocketAddress): readonly number[] | null {
    const group = this.#look(address);
    return group !== null && group.isCertain ? group.order : null;
  }

  /** Sockets of an earlier main process share an address: their places are uncertain. */
  markUncertain(address: SocketAddress): void {
    this.#look(address)?.markUncertain();
  }

  /** Takes the order of an address from the main process that followed it. */
  setOrder(address: SocketAddress, order: readonly number[]): void {
    const group = this.#groupOf(address);
    group.setOrder(order);
    this.#look(address);
  }

  /**
   * Closes the sockets that `leaving` have for a listener. Others stay, which belong to `staying` or to
   * another process. The reason when the sockets were left open.
   */
  closeSockets(
    listener: SharedListener,
    leaving: readonly WorkerChannel[],
    staying: readonly WorkerChannel[],
  ): Promise<string | null> {
    return this.#inTurn(listener.address, () => this.#closeSockets(listener, leaving, staying));
  }

  /**
   * New connections go to the sockets there are now: those that join are pending until they are
   * acknowledged. Every hold needs a {@link release}. The reason when new sockets get connections anyway.
   */
  hold(listener: SharedListener, workers: readonly WorkerChannel[]): Promise<string | null> {
    return this.#inTurn(listener.address, async () => {
      const hold = this.#holdOf(listener.address);
      hold.count++;
      if (hold.count > 1) return null;
      hold.acknowledged = new Set(this.#look(listener.address)?.order);
      return await this.#steerToAcknowledged(listener, workers);
    });
  }

  /** The socket of a worker that has proven itself gets new connections like the earlier ones. */
  acknowledge(listener: SharedListener, worker: WorkerChannel): Promise<string | null> {
    return this.#inTurn(listener.address, async () => {
      const name = await this.#steps.nameOf(listener, worker);
      if (typeof name === "string") return name;
      this.#holds.get(formatAddress(listener.address))?.acknowledged.add(name);
      return null;
    });
  }

  /** Ends every hold of an address: the successor has proven the sockets that joined. */
  acknowledgeAll({ address }: SharedListener): void {
    this.#holds.delete(formatAddress(address));
  }

  /** Ends a hold: after the last one every socket has new connections. */
  release(listener: SharedListener, workers: readonly WorkerChannel[]): Promise<string | null> {
    return this.#inTurn(listener.address, async () => {
      const key = formatAddress(listener.address);
      const hold = this.#holds.get(key);
      if (hold !== undefined && --hold.count <= 0) this.#holds.delete(key);
      this.#look(listener.address);
      return await this.#steerToAcknowledged(listener, workers);
    });
  }

  /**
   * Lets a worker prove that it serves a listener: for a moment all new connections go to its socket, and
   * one of them is a probe. The reason when it failed.
   */
  prove(
    listener: SharedListener,
    worker: WorkerChannel,
    workers: readonly WorkerChannel[],
  ): Promise<string | null> {
    return this.#inTurn(listener.address, async () => {
      const name = await this.#steps.nameOf(listener, worker);
      if (typeof name === "string") return name;
      const place = this.#look(listener.address)?.order.indexOf(name) ?? -1;
      const steered = place < 0
        ? "it cannot be seen"
        : await this.#steps.steer(listener, [worker], [place]);
      // Without steering the probe may reach any socket and proves nothing.
      if (steered !== null) return this.#withoutSteering(steered);
      const failure = await this.#steps.probe(listener, worker);
      await this.#steerToAcknowledged(listener, workers);
      return failure;
    });
  }

  async #closeSockets(
    listener: SharedListener,
    leaving: readonly WorkerChannel[],
    staying: readonly WorkerChannel[],
  ): Promise<string | null> {
    const { address } = listener;
    const members = await this.#steps.members(listener, leaving);
    if (members.length === 0) return null;
    const group = this.#look(address);
    if (group === null) return await this.#closeAll(listener, members, "it cannot be seen");
    const names = new Set(members.map(({ socket }) => socket));
    if (group.order.every((socket) => names.has(socket))) {
      return `No other socket listens on ${formatAddress(address)}`;
    }
    const commanders = [...staying, ...leaving];
    if (!group.isCertain) await this.#locate(listener, commanders);
    for (let plans = 0; plans < MAX_REPLANS; plans++) {
      const places = stayingPlaces(group.order, names.union(this.#pendingSockets(address)));
      if (places.length === 0) {
        return `No other socket listens on ${formatAddress(address)} any more`;
      }
      const steered = await this.#steps.steer(listener, commanders, places);
      if (steered !== null) return await this.#closeAll(listener, members, steered);
      await new Promise((resolve) => setTimeout(resolve, this.#parts.graceMs ?? GRACE_MS));
      this.#look(address);
      if (await this.#closeInTurn(listener, members, group, commanders)) {
        await this.#steerToAcknowledged(listener, staying);
        return null;
      }
    }
    return await this.#closeAll(listener, members, "sockets come and go all the time");
  }

  /** Closes from the last place down; `false` when the remaining ones must accept for a while again. */
  async #closeInTurn(
    listener: SharedListener,
    members: readonly Member[],
    group: ListenerGroup,
    commanders: readonly WorkerChannel[],
  ): Promise<boolean> {
    const leaving = new Set(members.map(({ socket }) => socket));
    for (;;) {
      const count = group.order.length;
      const step = closingStep(group.order, leaving, this.#pendingSockets(listener.address));
      if (step === null) return true;
      const owner = members.find(({ socket }) => socket === step.socket)?.worker as WorkerChannel;
      await this.#steps.steer(listener, commanders, step.targets);
      const reason = await this.#steps.close(listener, owner);
      const joined = this.#look(listener.address)?.order ?? [];
      if (joined.includes(step.socket)) {
        // It stays open: it gets no new connections, so it does no harm until its process ends.
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

  /** Closes without steering: each worker accepts what its queue holds before it closes. */
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
   * Finds the place of every socket of our workers: new connections are steered to one place at a time,
   * and a probe tells which socket accepts. Needed when several sockets joined or left at once.
   */
  async #locate(
    listener: SharedListener,
    workers: readonly WorkerChannel[],
  ): Promise<void> {
    const group = this.#groupOf(listener.address);
    const free = new Set(group.order.keys());
    const found = new Map<number, number>();
    for (const { worker, socket } of await this.#steps.members(listener, workers)) {
      // A wrong place costs the timeout of a probe, so the likely one is tried first.
      const likely = group.order.indexOf(socket);
      const places = [...free].sort((a, b) => Number(b === likely) - Number(a === likely));
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
    group.setOrder(order);
  }

  #holdOf(address: SocketAddress): Hold {
    const key = formatAddress(address);
    let hold = this.#holds.get(key);
    if (hold === undefined) this.#holds.set(key, hold = { count: 0, acknowledged: new Set() });
    return hold;
  }

  /** The sockets of an address that are not acknowledged yet. */
  #pendingSockets(address: SocketAddress): ReadonlySet<number> {
    const hold = this.#holds.get(formatAddress(address));
    const order = this.#groupOf(address).order;
    return new Set(
      hold === undefined ? [] : order.filter((socket) => !hold.acknowledged.has(socket)),
    );
  }

  /** Steers new connections to every socket that is not pending. */
  async #steerToAcknowledged(
    listener: SharedListener,
    workers: readonly WorkerChannel[],
  ): Promise<string | null> {
    const pending = this.#pendingSockets(listener.address);
    const { order } = this.#groupOf(listener.address);
    const places = this.#holds.has(formatAddress(listener.address))
      ? stayingPlaces(order, pending)
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

  /** Does `work` when every hand-over before it at the same address is done. */
  #inTurn<T>(address: SocketAddress, work: () => Promise<T>): Promise<T> {
    const key = formatAddress(address);
    const before = this.#queues.get(key) ?? Promise.resolve();
    const done = before.then(work, work);
    this.#queues.set(key, done);
    const forget = () => {
      if (this.#queues.get(key) === done) this.#queues.delete(key);
    };
    done.then(forget, forget);
    return done;
  }
}
