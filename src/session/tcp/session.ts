// One client connection of a TCP listener, from accept (or from the stage before it) to close: finds out
// which cluster it is for, connects to a backend, says who the client is where that is wanted, and then
// passes bytes on. Knows no protocol but the first message of TLS, which it reads without taking part.

import type { Accepted, Endpoint, TlsFacts } from "../../io/contracts.ts";
import type { LoggedSession } from "../../observe/access/record.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { encodeV2 } from "../../protocol/proxy_protocol/v2.ts";
import { parseClientHello } from "../../protocol/tls/client_hello.ts";
import { ClientInput } from "../http/h1/input.ts";
import type { SlotHolder } from "../client_limits.ts";
import type { Cluster } from "../cluster.ts";
import { ClientWatch, type Watcher, Watching } from "../client_watch.ts";
import type { WorkerContext } from "../worker_context.ts";
import type { Timed } from "../timing/deadline_wheel.ts";
import { reportDefect } from "../defect.ts";
import { Linger } from "../linger.ts";
import { NOWHERE } from "../placed_set.ts";
import type { OnSessionEnd, Session } from "../session.ts";
import { Reason } from "../reason.ts";
import { connectBackend } from "./connect.ts";
import type { TcpListenerContext } from "./context.ts";
import { runTcpTunnel } from "./tunnel.ts";
import { Outcome, TrafficAccount } from "../traffic_account.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { WritingEnd } from "../sole_reader.ts";
import { writeRest } from "../write_rest.ts";

/** Where a session is; decides what a deadline means. */
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
export class TcpSession implements Session, Timed, SlotHolder, Watcher {
  place = NOWHERE;
  deadline = Infinity;
  filedTick = Infinity;
  filedIndex = 0;
  lastActive = 0;
  phase: TcpPhase = TcpPhase.HELLO;
  readonly stream: WritingEnd;
  readonly listener: TcpListenerContext;
  readonly worker: WorkerContext;
  readonly input: ClientInput;
  slot: Cluster | null = null;
  moreSlots: Set<Cluster> | null = null;
  logged: LoggedSession | null = null;
  readonly account = new TrafficAccount();
  /** Aborts the connect that is under way; `null` when there is none, or no more. */
  connecting: AbortController | null = null;
  readonly #accepted: Accepted;
  readonly #onEnd: OnSessionEnd;
  #upstream: Upstream | null = null;
  /** A read hangs on the client, and will tell when it resets its connection. */
  reading = false;
  /** Nothing more is written to the client. */
  writeEnded = false;
  readonly #watch: ClientWatch;
  #lingering: Linger | null = null;

  /** `first` comes from the worker's small input buffers. */
  constructor(
    accepted: Accepted,
    listener: TcpListenerContext,
    worker: WorkerContext,
    first: Uint8Array,
    onEnd: OnSessionEnd,
  ) {
    this.stream = accepted.stream;
    this.listener = listener;
    this.worker = worker;
    this.input = new ClientInput(accepted.stream, worker.tunnelInputBuffers, first);
    this.#accepted = accepted;
    this.#onEnd = onEnd;
    this.#watch = new ClientWatch(this, worker.wheel);
    this.account.startedAt = worker.accountClock();
    this.lastActive = worker.wheel.now;
  }

  get peer(): Endpoint {
    return this.#accepted.peer;
  }

  get tls(): TlsFacts | null {
    return this.#accepted.tls;
  }

  get clientIp(): string {
    return this.#accepted.peer.ip;
  }

  async run(): Promise<void> {
    this.worker.counters.add(Counter.TCP_SESSIONS, 1);
    try {
      if (!(await this.#serve())) await this.#linger();
    } catch (error) {
      reportDefect(error, this.worker.counters, "TCP session");
    } finally {
      this.#finish();
    }
  }

  /** Sets the deadline to `delay` milliseconds from now. */
  arm(delay: number): void {
    this.lastActive = this.worker.wheel.now;
    this.worker.wheel.arm(this, delay);
  }

  /** Bytes came from either side: both may be silent for as long as they may again. */
  armTunnel(): void {
    const { front, back } = this.listener.timeouts;
    if (this.phase === TcpPhase.TUNNEL) this.arm(front < back ? front : back);
  }

  onDeadline(): void {
    if (this.#lingering?.goesOn(this.worker.wheel.now) === true) {
      this.arm(this.worker.limits.linger.stepMs);
      return;
    }
    if (this.phase !== TcpPhase.LINGERING) {
      this.worker.counters.add(Counter.TIMEOUTS, 1);
      this.account.outcome = Outcome.TIMEOUT;
      if (this.phase === TcpPhase.HELLO) this.account.reason = Reason.CLIENT_TIMEOUT;
      if (this.phase === TcpPhase.CONNECTING) this.account.reason = Reason.CONNECT_TIMEOUT;
    }
    this.close();
  }

  /** A tunnel goes on until one of its sides ends it, or main's patience does. */
  drain(): void {}

  leaveIdle(): boolean {
    return this.phase >= TcpPhase.LINGERING;
  }

  close(): void {
    if (this.phase === TcpPhase.CLOSED) return;
    this.phase = TcpPhase.CLOSED;
    this.connecting?.abort();
    this.connecting = null;
    this.#upstream?.close();
    this.stream.close();
  }

  /** The backend connection is lost: the client gets an end of stream after what was delivered. */
  async backendBroke(upstream: Upstream): Promise<void> {
    upstream.close();
    if (this.phase !== TcpPhase.TUNNEL) return;
    this.account.outcome = Outcome.BACKEND_BROKEN;
    try {
      await this.#sayGoodbye();
    } catch {
      this.close();
    }
  }

  /** False when the client is to be sent away without a byte. */
  async #serve(): Promise<boolean> {
    const { worker } = this;
    const { account } = this;
    const cluster = await this.#findCluster();
    if (cluster === null || this.closed) {
      if (account.reason === Reason.NONE && !this.closed) account.reason = Reason.NO_ROUTE;
      return false;
    }
    account.cluster = cluster;
    account.tags = this.listener.tags.get(cluster) ?? null;
    if (!worker.clientLimits.admit(this, cluster)) {
      worker.counters.add(Counter.CLIENT_LIMITED, 1);
      account.reason = Reason.CLIENT_LIMITED;
      return false;
    }
    const header = this.#headerFor(cluster);
    if (header === null) return false;
    this.phase = TcpPhase.CONNECTING;
    this.#watch.start();
    const upstream = await connectBackend(this, cluster);
    if (upstream === null) return false;
    this.connecting = null;
    this.#upstream = upstream;
    this.phase = TcpPhase.TUNNEL;
    this.armTunnel();
    worker.counters.add(Counter.TCP_TUNNELS, 1);
    try {
      if (!(await this.#sendFirst(upstream, header))) {
        if (!this.closed) account.outcome = Outcome.BACKEND_BROKEN;
        return false;
      }
      await runTcpTunnel(this, upstream);
      // Nobody cut it short: both sides have said all they had to say.
      if (account.outcome === Outcome.CUT && !this.closed) account.outcome = Outcome.COMPLETE;
    } finally {
      worker.counters.add(Counter.TCP_TUNNELS, -1);
      upstream.discard();
    }
    return !this.#saidGoodbye;
  }

  /** True once the connection has been closed by us. */
  get closed(): boolean {
    return this.phase === TcpPhase.CLOSED;
  }

  watching(): Watching {
    if (this.phase !== TcpPhase.CONNECTING && this.phase !== TcpPhase.TUNNEL) return Watching.OVER;
    if (this.writeEnded) return Watching.OVER;
    return this.reading ? Watching.READ : Watching.ASK;
  }

  clientReset(): void {
    this.account.outcome = Outcome.CLIENT_GONE;
    this.close();
  }

  get #saidGoodbye(): boolean {
    return this.phase === TcpPhase.LINGERING;
  }

  /** Says that nothing more comes from us; what the client still sends is thrown away for a while. */
  async #sayGoodbye(): Promise<void> {
    this.phase = TcpPhase.LINGERING;
    this.#lingering = new Linger(this.worker.limits.linger, this.worker.wheel.now);
    this.arm(this.worker.limits.linger.stepMs);
    await this.stream.closeWrite();
  }

  /** The cluster of this connection, or `null` when it has none. */
  async #findCluster(): Promise<Cluster | null> {
    const { services, timeouts } = this.listener;
    if (services.unnamed) return services.fallback;
    const { tls } = this.#accepted;
    if (tls !== null) return services.find(tls.serverName);
    this.arm(timeouts.hello);
    const hello = await this.#readHello();
    return hello === null ? null : services.find(hello.serverName);
  }

  /** Reads until the ClientHello is complete and leaves it in the input. */
  async #readHello(): Promise<{ serverName: string | null } | null> {
    const { input } = this;
    let wanted = 1;
    for (;;) {
      if (!input.makeRoom()) return this.#refuseHello("It fits in no buffer");
      if (input.accept(await input.read()) === 0) {
        return input.length === 0 ? null : this.#refuseHello("The connection ended within it");
      }
      if (input.length < wanted) continue;
      const held = input.bytes.subarray(input.start, input.end);
      const step = parseClientHello(held, this.worker.inputBuffers.head.size);
      if (step.kind === "done") return step.hello;
      if (step.kind === "error") return this.#refuseHello(step.reason);
      wanted = input.length + step.atLeast;
    }
  }

  #refuseHello(reason: string): null {
    this.worker.counters.add(Counter.CLIENT_HELLO_ERRORS, 1);
    this.account.reason = Reason.MALFORMED_REQUEST;
    loggerOf("tcp").debug("ClientHello from {ip} refused: {reason}", { ip: this.clientIp, reason });
    return null;
  }

  /** What the backend gets before the client's bytes, often nothing; `null` when it cannot be given. */
  #headerFor(cluster: Cluster): Uint8Array | null {
    const { expects, forwards } = cluster.settings.proxyHeader;
    const { peer, destination, local, proxyHeader } = this.#accepted;
    if (expects && proxyHeader === undefined) {
      this.worker.counters.add(Counter.PROXY_ERRORS, 1);
      this.account.reason = Reason.PROXY_HEADER;
      return null;
    }
    if (forwards === "received") return proxyHeader ?? null;
    if (forwards === "nothing") return NOTHING;
    return encodeV2({
      command: "PROXY",
      transport: "stream",
      source: peer,
      destination: destination ?? local ?? this.listener.address,
    });
  }

  /** Sends the header together with what has been read of the client; false when the backend left. */
  async #sendFirst(upstream: Upstream, header: Uint8Array): Promise<boolean> {
    const { input, worker } = this;
    const length = header.length + input.length;
    if (length === 0) return true;
    const first = new Uint8Array(length);
    first.set(header);
    first.set(input.bytes.subarray(input.start, input.end), header.length);
    worker.counters.add(Counter.BYTES_IN, input.length);
    worker.counters.add(Counter.BACKEND_BYTES_OUT, length);
    this.account.clientIn += input.length;
    this.account.backendOut += length;
    input.start = input.end = 0;
    input.releaseHead();
    try {
      await writeRest(upstream.stream, first, 0, length);
      return true;
    } catch {
      return false;
    }
  }

  /** Says that nothing comes, and discards what does: closing at once would reset the connection. */
  async #linger(): Promise<void> {
    const { input } = this;
    if (this.closed) return;
    if (!this.#saidGoodbye) await this.#sayGoodbye();
    while (!this.closed) {
      if (!input.reading) input.clear();
      const count = input.accept(await input.read());
      if (count === 0) return;
      this.#lingering?.hear(count);
    }
  }

  #finish(): void {
    this.close();
    this.worker.wheel.disarm(this);
    this.#watch.stop();
    this.input.close();
    this.worker.clientLimits.release(this);
    this.account.endedAt = this.worker.accountClock();
    this.worker.observer?.connectionEnded(this.account, this);
    this.#onEnd(this);
  }
}

const NOTHING = new Uint8Array(0);
