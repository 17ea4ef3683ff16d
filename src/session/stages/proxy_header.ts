// The stage in which a client tells, in a PROXY header, whose connection this is. Nothing passes without
// a header, so an address cannot be made up by leaving it out. Not a byte of what follows the header is
// read, so the next stage finds the socket as if the client had just connected.

import type { Accepted } from "../../io/contracts.ts";
import { Counter, type Counters } from "../../observe/metrics/counters.ts";
import type { ModuleLog } from "../../observe/log/module_log.ts";
import type { ProxyHeader } from "../../protocol/proxy_protocol/header.ts";
import { ProxyHeaderReader } from "../../protocol/proxy_protocol/header_reader.ts";
import { MAX_V2_LENGTH, V2_HEADER_SIZE } from "../../protocol/proxy_protocol/v2.ts";
import type { WorkerContext } from "../worker_context.ts";
import type { Stage } from "./staged_session.ts";

/** How a {@link ProxyHeaderStage} reads and counts. */
export interface ProxyHeaderOptions {
  /** Longest header, in bytes (`buffer_size`); what the protocol lets every sender have at least. */
  readonly maxBytes: number;
  /** The counter, beside that of all wrong headers, of clients that are closed for theirs; or none. */
  readonly failures?: number;
  /** Is told of every client that is closed for its header: a wrong one, or one that ended too early. */
  readonly onRefused?: (fault: "invalid" | "ended") => void;
  /** Whether whoever comes next gets the header as it was received. */
  readonly keepsHeader: boolean;
}

/** Waits for a PROXY header of version 1 or 2. */
export class ProxyHeaderStage implements Stage {
  readonly #counters: Counters;
  readonly #options: ProxyHeaderOptions;
  readonly #maxLength: number;
  readonly #log: ModuleLog;

  constructor(
    { counters, loggerOf }: Pick<WorkerContext, "counters" | "loggerOf">,
    options: ProxyHeaderOptions,
  ) {
    this.#counters = counters;
    this.#log = loggerOf("proxy_protocol");
    this.#options = options;
    this.#maxLength = Math.max(MAX_V2_LENGTH, options.maxBytes - V2_HEADER_SIZE);
  }

  async enter(accepted: Accepted): Promise<Accepted | null> {
    const reader = new ProxyHeaderReader(this.#maxLength);
    this.#counters.add(Counter.PROXY_EXPECTING, 1);
    try {
      for (;;) {
        const count = await accepted.stream.read(reader.room);
        if (count === 0) {
          // Who says nothing was only checking the port.
          if (!reader.isEmpty) this.#refuse(accepted, "ended", "The connection ended within it");
          return null;
        }
        const step = reader.take(count);
        if (step.kind === "need_more") continue;
        if (step.kind === "done") return this.#adopt(accepted, step.header, step.raw);
        this.#refuse(accepted, "invalid", step.reason);
        return null;
      }
    } finally {
      this.#counters.add(Counter.PROXY_EXPECTING, -1);
    }
  }

  #adopt(accepted: Accepted, header: ProxyHeader, raw: Uint8Array): Accepted {
    const known = this.#options.keepsHeader ? { ...accepted, proxyHeader: raw } : accepted;
    const { command, addresses } = header;
    // LOCAL: the sender speaks for itself, as in a health check, and whatever addresses come with it
    // are to be ignored. Without addresses (UNKNOWN, UNSPEC) the sender does not know who it speaks for.
    // Both ways the connection is that of its real end (PROXY protocol, sections 2.1 and 2.2).
    if (command === "LOCAL" || addresses === null) return known;
    return { ...known, peer: addresses.source, destination: addresses.destination };
  }

  #refuse({ peer }: Accepted, fault: "invalid" | "ended", reason: string): void {
    const { failures, onRefused } = this.#options;
    onRefused?.(fault);
    this.#counters.add(Counter.PROXY_ERRORS, 1);
    if (failures !== undefined) this.#counters.add(failures, 1);
    this.#log.debug("PROXY header from {ip} refused: {reason}", { ip: peer.ip, reason });
  }
}
