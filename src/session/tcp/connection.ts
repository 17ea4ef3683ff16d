// The client connection of a TCP session: its stream, its deadline, its account and its end. Where its
// bytes go is the session's.

import type { Accepted, Endpoint, TlsFacts } from "../../io/contracts.ts";
import type { LoggedSession } from "../../observe/access/record.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import { ClientInput } from "../http/h1/input.ts";
import type { SlotHolder } from "../client_limits.ts";
import type { Cluster } from "../cluster.ts";
import { ClientWatch, type Watcher, Watching } from "../client_watch.ts";
import type { WorkerContext } from "../worker_context.ts";
import { countReset, isReset, type ResetSeen, resetSeen } from "../defect.ts";
import { Interruption } from "../interruption.ts";
import { discard, Linger, type LingeringClient } from "../linger.ts";
import type { ObservedConnection } from "../observer.ts";
import { Reason } from "../reason.ts";
import type { WritingEnd } from "../sole_reader.ts";
import type { Timed } from "../timing/deadline_wheel.ts";
import { NEVER, Outcome, TrafficAccount } from "../traffic_account.ts";
import type { TunnelClient } from "../tunnel.ts";
import { endLateAttempt, type Purpose, type WaitingClient } from "../upstream/connect.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { TcpListenerContext } from "./context.ts";

/** Where a connection is; decides what a deadline means. */
export const TcpPhase = {
  /** The client's first message is to tell which service it wants. */
  HELLO: 0,
  CONNECTING: 1,
  TUNNEL: 2,
  /** Nothing more comes from us; what the client still sends is thrown away. */
  LINGERING: 3,
  CLOSED: 4,
} as const;
export type TcpPhase = 0 | 1 | 2 | 3 | 4;

/** A client connection of a TCP listener. */
export class TcpConnection
  implements
    Timed,
    SlotHolder,
    Watcher,
    ObservedConnection,
    Purpose,
    WaitingClient,
    TunnelClient,
    LingeringClient {
  deadline = Infinity;
  filedTick = Infinity;
  filedIndex = 0;
  lastActive = 0;
  phase: TcpPhase = TcpPhase.HELLO;
  readonly accepted: Accepted;
  readonly stream: WritingEnd;
  readonly listener: TcpListenerContext;
  readonly worker: WorkerContext;
  readonly input: ClientInput;
  slot: Cluster | null = null;
  moreSlots: Set<Cluster> | null = null;
  subnetSlots: SlotHolder["subnetSlots"] = null;
  logged: LoggedSession | null = null;
  readonly account = new TrafficAccount();
  connecting: AbortController | null = null;
  interruption: Interruption = Interruption.NONE;
  /** When it was accepted, in milliseconds of the worker's clock. */
  readonly acceptedAt: number;
  /** What the client has said that it wants, where that decided where it goes. */
  hello: TlsFacts | null = null;
  /** The client's first message is awaited. */
  awaitsHello = false;
  /** It has no account to hand over: nobody was to serve it. */
  unlogged = false;
  /** The backend connection, once there is one. */
  upstream: Upstream | null = null;
  /** Nothing more is written to the client. */
  #writeEnded = false;
  readonly #watch: ClientWatch;
  #lingering: Linger | null = null;
  #broken = false;

  /** `first` comes from the worker's small input buffers. */
  constructor(
    accepted: Accepted,
    listener: TcpListenerContext,
    worker: WorkerContext,
    first: Uint8Array,
    acceptedAt: number,
  ) {
    this.acceptedAt = acceptedAt;
    this.accepted = accepted;
    this.stream = accepted.stream;
    this.listener = listener;
    this.worker = worker;
    this.input = new ClientInput(accepted.stream, worker.tunnelInputBuffers, first);
    this.#watch = new ClientWatch(this, worker.wheel);
    this.account.startedAt = worker.accountClock();
    this.lastActive = worker.wheel.now;
  }

  get peer(): Endpoint {
    return this.accepted.peer;
  }

  get tls(): TlsFacts | null {
    return this.accepted.tls ?? this.hello;
  }

  get clientIp(): string {
    return this.accepted.peer.ip;
  }

  /** Sets the deadline to `delay` milliseconds from now. */
  arm(delay: number): void {
    this.lastActive = this.worker.wheel.now;
    this.worker.wheel.arm(this, delay);
  }

  /** Sets the deadline for the client's first message, which no byte moves. */
  armHello(): void {
    const { wheel } = this.worker;
    this.lastActive = wheel.now;
    wheel.arm(this, Math.max(0, this.acceptedAt + this.listener.timeouts.hello - wheel.now));
  }

  armTunnel(): void {
    const { front, back } = this.listener.timeouts;
    if (this.phase === TcpPhase.TUNNEL) this.arm(front < back ? front : back);
  }

  onDeadline(): void {
    if (this.#lingering?.goesOn(this.worker.wheel.now) === true) {
      this.arm(this.worker.limits.linger.stepMs);
      return;
    }
    if (endLateAttempt(this)) return this.arm(this.listener.timeouts.connect);
    if (this.phase !== TcpPhase.LINGERING) {
      this.worker.counters.add(Counter.TIMEOUTS, 1);
      this.account.outcome = Outcome.TIMEOUT;
      this.interruption = Interruption.TIMEOUT;
      if (this.phase === TcpPhase.HELLO) this.account.reason = Reason.CLIENT_TIMEOUT;
      if (this.awaitsHello) this.worker.counters.addHelloRejection("fragmented");
      if (this.phase === TcpPhase.CONNECTING) this.account.reason = Reason.CONNECT_TIMEOUT;
    }
    this.close();
  }

  close(): void {
    if (this.closed) return;
    this.phase = TcpPhase.CLOSED;
    if (this.interruption === Interruption.NONE) this.interruption = Interruption.CLOSED;
    this.connecting?.abort();
    this.upstream?.close();
    this.stream.close();
  }

  /** True once the connection has been closed by us. */
  get closed(): boolean {
    return this.phase === TcpPhase.CLOSED;
  }

  /** From now on a client that resets its connection is noticed. */
  watchClient(): void {
    this.#watch.start();
  }

  watching(): Watching {
    if (this.phase !== TcpPhase.CONNECTING && this.phase !== TcpPhase.TUNNEL) return Watching.OVER;
    if (this.#writeEnded) return Watching.OVER;
    return this.input.reading ? Watching.READ : Watching.ASK;
  }

  /** The client has broken its connection, as `error` tells: a reset is counted, once. */
  broke(error: unknown, seen: ResetSeen = resetSeen(error)): void {
    if (this.#broken || !isReset(error)) return;
    this.#broken = true;
    countReset(this.worker.counters, seen, this.accepted.tls !== null);
  }

  /** Whom a watch tells. */
  get client(): this {
    return this;
  }

  clientReset(): void {
    if (this.closed) return;
    this.account.outcome = Outcome.CLIENT_GONE;
    this.interruption = Interruption.CLIENT_GONE;
    this.close();
  }

  async backendBroke(): Promise<void> {
    if (this.phase !== TcpPhase.TUNNEL) return;
    this.account.outcome = Outcome.BACKEND_BROKEN;
    this.conclude();
    try {
      await this.#sayGoodbye();
    } catch {
      this.close();
    }
  }

  async endWrite(): Promise<void> {
    this.#writeEnded = true;
    await this.stream.closeWrite();
  }

  /** Says that nothing comes, and discards what does: closing at once would reset the connection. */
  async linger(): Promise<void> {
    if (this.closed) return;
    if (this.phase !== TcpPhase.LINGERING) await this.#sayGoodbye();
    await discard(this);
  }

  async receive(): Promise<boolean> {
    const count = this.input.accept(await this.input.read());
    this.worker.counters.add(Counter.BYTES_IN, count);
    this.#lingering?.hear(count);
    return count > 0;
  }

  /** The client has a backend: what either says is for the other from now on. */
  beginTunnel(upstream: Upstream): void {
    this.upstream = upstream;
    this.phase = TcpPhase.TUNNEL;
    this.armTunnel();
    this.worker.counters.add(Counter.TCP_TUNNELS, 1);
  }

  /** Nothing more is passed on, although the client may linger: hands the account over, once. */
  conclude(): void {
    const { account, worker } = this;
    if (account.endedAt !== NEVER) return;
    if (this.upstream !== null) {
      // Not cut short: both sides have said all they had to say.
      if (account.outcome === Outcome.CUT && !this.closed) account.outcome = Outcome.COMPLETE;
      worker.counters.add(Counter.TCP_TUNNELS, -1);
      this.upstream.discard();
    }
    account.endedAt = worker.accountClock();
    if (this.unlogged) return;
    worker.observer?.connectionEnded(account, this);
  }

  /** Nothing of it runs any more. */
  finish(): void {
    this.close();
    this.conclude();
    this.worker.wheel.disarm(this);
    this.#watch.stop();
    this.input.close();
    this.worker.clientLimits.release(this);
  }

  async #sayGoodbye(): Promise<void> {
    this.phase = TcpPhase.LINGERING;
    this.#lingering = new Linger(this.worker.limits.linger, this.worker.wheel.now);
    this.arm(this.worker.limits.linger.stepMs);
    await this.endWrite();
  }
}
