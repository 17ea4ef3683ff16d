// The stage in which a client tells, in a PROXY header, whose connection this is. Nothing passes without
// a header, so an address cannot be made up by leaving it out. Not a byte of what follows the header is
// read, so the next stage finds the socket as if the client had just connected.

import type { Accepted } from "../io/contracts.ts";
import { Counter, type Counters } from "../observe/counters.ts";
import { loggerOf } from "../observe/log.ts";
import type { ProxyHeader } from "../protocol/proxy_protocol/header.ts";
import { ProxyHeaderReader } from "../protocol/proxy_protocol/header_reader.ts";
import type { Stage } from "./staged_session.ts";

/** Waits for a PROXY header of version 1 or 2. */
export class ProxyHeaderStage implements Stage {
  readonly #counters: Counters;
  readonly #refusal: number | null;
  readonly #log = loggerOf("proxy_protocol");

  /**
   * `refusal`: the counter of clients that are closed because their header names no addresses (PROXY
   * UNKNOWN, PROXY with UNSPEC); `null` lets them go on under the address they connect from.
   */
  constructor(counters: Counters, refusal: number | null) {
    this.#counters = counters;
    this.#refusal = refusal;
  }

  async enter(accepted: Accepted): Promise<Accepted | null> {
    const reader = new ProxyHeaderReader();
    this.#counters.add(Counter.PROXY_EXPECTING, 1);
    try {
      for (;;) {
        const count = await accepted.stream.read(reader.room);
        if (count === 0) {
          // Who says nothing was only checking the port.
          if (!reader.isEmpty) this.#refuse(accepted, "The connection ended within the header");
          return null;
        }
        const step = reader.take(count);
        if (step.kind === "need_more") continue;
        if (step.kind === "done") return this.#adopt(accepted, step.header, step.raw);
        this.#refuse(accepted, step.reason);
        return null;
      }
    } finally {
      this.#counters.add(Counter.PROXY_EXPECTING, -1);
    }
  }

  #adopt(accepted: Accepted, header: ProxyHeader, raw: Uint8Array): Accepted | null {
    // LOCAL: the sender speaks for itself, as in a health check, and whatever addresses come with it
    // are to be ignored (PROXY protocol, section 2.2).
    if (header.command === "LOCAL") return { ...accepted, proxyHeader: raw };
    const { addresses } = header;
    if (addresses !== null) {
      const { source, destination } = addresses;
      return { ...accepted, peer: source, destination, proxyHeader: raw };
    }
    if (this.#refusal === null) return { ...accepted, proxyHeader: raw };
    this.#counters.add(this.#refusal, 1);
    this.#tell(accepted, "it names no addresses");
    return null;
  }

  #refuse(accepted: Accepted, reason: string): void {
    this.#counters.add(Counter.PROXY_ERRORS, 1);
    this.#tell(accepted, reason);
  }

  #tell({ peer }: Accepted, reason: string): void {
    this.#log.debug("PROXY header from {ip} refused: {reason}", { ip: peer.ip, reason });
  }
}
