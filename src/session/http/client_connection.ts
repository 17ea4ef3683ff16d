// The connection of one HTTP client, whatever version it speaks: who the client is, where it came in, and
// what is kept about it from request to request. Reads and writes nothing.

import type { Accepted, Endpoint, TlsFacts } from "../../io/contracts.ts";
import type { LoggedSession } from "../../observe/access/record.ts";
import { AuthorityBinding } from "../../protocol/http/authority_binding.ts";
import { ForwardedElements } from "../../protocol/http/forwarded.ts";
import type { SlotHolder } from "../client_limits.ts";
import type { Cluster } from "../cluster.ts";
import type { ListenerContext } from "../listener_context.ts";
import type { ObservedSession } from "../observer.ts";
import type { WorkerContext } from "../worker_context.ts";

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
  slot: Cluster | null = null;
  moreSlots: Set<Cluster> | null = null;
  subnetSlots: SlotHolder["subnetSlots"] = null;
  logged: LoggedSession | null = null;
  #forwarded: ForwardedElements | null = null;

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
  }

  get clientIp(): string {
    return this.peer.ip;
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
