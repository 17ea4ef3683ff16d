// The connection of one HTTP client, whatever version it speaks: who the client is, where it came in, and
// what is kept about it from request to request. Reads and writes nothing.

import { type FlowKey, sourceKey } from "../../balancing/flows/flow_key.ts";
import type { Accepted, Endpoint, TlsFacts } from "../../io/contracts.ts";
import type { LoggedSession } from "../../observe/access/record.ts";
import { AuthorityBinding } from "../../protocol/http/authority_binding.ts";
import { ForwardedElements } from "../../protocol/http/forwarded.ts";
import type { Backend } from "../../balancing/backend.ts";
import type { SlotHolder } from "../client_limits.ts";
import type { Cluster } from "../cluster.ts";
import { countReset, isReset, type ResetSeen, resetSeen } from "../defect.ts";
import type { ListenerContext } from "../listener_context.ts";
import type { ObservedSession } from "../observer.ts";
import type { WorkerContext } from "../worker_context.ts";

const NOTHING = new Uint8Array(0);

/** What the requests of one client connection share. */
export class ClientConnection implements SlotHolder, ObservedSession {
  readonly peer: Endpoint;
  /** The address the client connected to, where a PROXY header names another than the listener's. */
  readonly destination: Endpoint | null;
  readonly tls: TlsFacts | null;
  /** What requests may name as their authority; `null` for anything. */
  readonly binding: AuthorityBinding | null;
  readonly listener: ListenerContext;
  readonly worker: WorkerContext;
  /** What backends are told about the certificate of the client, as lines; empty for nothing. */
  readonly certificateLines: Uint8Array;
  slot: Cluster | null = null;
  moreSlots: Set<Cluster> | null = null;
  subnetSlots: SlotHolder["subnetSlots"] = null;
  logged: LoggedSession | null = null;
  /** Where its last request was sent, and to which backend. */
  lastCluster: Cluster | null = null;
  lastBackend: Backend | null = null;
  /** It has been told to go, or will be. */
  leaving = false;
  #forwarded: ForwardedElements | null = null;
  #sourceKey: FlowKey | null = null;
  #broken = false;

  constructor(
    { peer, destination, tls }: Accepted,
    listener: ListenerContext,
    worker: WorkerContext,
  ) {
    this.peer = peer;
    this.destination = destination;
    this.tls = tls;
    this.binding = tls !== null && tls.serverName !== null && listener.strictSni
      ? new AuthorityBinding(tls.serverName, tls.certificateNames)
      : null;
    this.listener = listener;
    this.worker = worker;
    this.certificateLines = listener.clientHeaders?.linesFor(tls?.client ?? null) ?? NOTHING;
  }

  /** The client has broken its connection, as `error` tells: a reset is counted, once. */
  broke(error: unknown, seen: ResetSeen = resetSeen(error)): void {
    if (this.#broken || !isReset(error)) return;
    this.#broken = true;
    countReset(this.worker.counters, seen, this.tls !== null);
  }

  /** What is under way, or comes next, is the last of this connection. */
  get isLast(): boolean {
    return this.leaving || this.worker.draining;
  }

  get clientIp(): string {
    return this.peer.ip;
  }

  /** The key of all that comes from its address, `null` when that is none of IP; made when it is needed. */
  get sourceKey(): FlowKey | null {
    return this.#sourceKey ??= sourceKey(this.peer.ip);
  }

  /** What backends are told about this client; encoded when the first request needs it. */
  get forwarded(): ForwardedElements {
    return this.#forwarded ??= new ForwardedElements({
      peer: this.peer,
      publicAddress: this.destination ?? this.listener.publicAddress,
      protocol: this.listener.protocol,
    });
  }
}
