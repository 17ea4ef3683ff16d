// Log records as datagrams, one each, over UDP or a unix datagram socket.

import type { RecordBuffer } from "../../bytes/record_buffer.ts";
import { type LogSink, reasonOf, type Written } from "./sink.ts";

/** Datagrams of one write. */
const BURST = 256;

/** What UDP over IPv4 carries; unix sockets usually carry more. */
const MAX_DATAGRAM_BYTES = 65_507;

/** A socket and the address it sends to. */
export interface DatagramRoute {
  readonly socket: Deno.DatagramConn;
  readonly to: Deno.Addr;
}

/** Sends records to one receiver. */
export class DatagramSink implements LogSink {
  readonly #name: string;
  readonly #open: () => DatagramRoute;
  #route: DatagramRoute | null = null;

  /** `name` is the target as it was configured. */
  constructor(name: string, open: () => DatagramRoute) {
    this.#name = name;
    this.#open = open;
  }

  async write(records: RecordBuffer, first: number): Promise<Written> {
    const last = Math.min(records.count, first + BURST);
    let at = first;
    let lost = 0;
    try {
      this.#route ??= this.#open();
      const { socket, to } = this.#route;
      for (; at < last; at++) {
        const datagram = records.bytes.subarray(records.endOf(at - 1), records.endOf(at));
        if (datagram.length > MAX_DATAGRAM_BYTES) lost++;
        else await socket.send(datagram, to);
      }
      return { taken: at - first, lost, problem: null };
    } catch (error) {
      const problem = `Cannot send to log target "${this.#name}": ${reasonOf(error)}`;
      return { taken: at - first, lost, problem };
    }
  }

  reopen(): void {}

  close(): void {
    this.#route?.socket.close();
    this.#route = null;
  }
}

/** A UDP socket of any port, sending to `hostname`, an IP address. */
export function udpRoute(hostname: string, port: number): DatagramRoute {
  const any = hostname.includes(":") ? "::" : "0.0.0.0";
  return {
    socket: Deno.listenDatagram({ transport: "udp", hostname: any, port: 0 }),
    to: { transport: "udp", hostname, port },
  };
}

/** A unix datagram socket without a name in the file system. */
export function unixDatagramRoute(path: string): DatagramRoute {
  return {
    socket: Deno.listenDatagram({ transport: "unixpacket", path: "" }),
    to: { transport: "unixpacket", path },
  };
}
