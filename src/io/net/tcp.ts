// Plain TCP with the sockets of Deno: dialling backends, also behind unix sockets, and listening for clients.

import type { ByteStream, Dialer, Endpoint, Sharing } from "../contracts.ts";
import { DenoSource } from "./deno_source.ts";
import { dialUnix } from "./unix_dial.ts";
import { denoStream } from "./deno_stream.ts";

/** Opens TCP connections, and those to unix sockets. */
export const tcpDialer: Dialer = {
  async connect(host: string, port: number, signal: AbortSignal): Promise<ByteStream> {
    const options = { hostname: host, port, signal, autoSelectFamily: false };
    return denoStream(await Deno.connect(options));
  },
  connectUnix: dialUnix,
};

const SHARED: Sharing = { shared: true };

/** A listening TCP socket of this process; the kernel shares its address between workers. */
export class TcpListener extends DenoSource<Deno.TcpConn> {
  private constructor(listener: Deno.TcpListener) {
    super(listener, (connection) => denoStream(connection));
  }

  /** Binds `address`; throws the error of the system. */
  static open(address: Endpoint, { shared }: Sharing = SHARED): TcpListener {
    return new TcpListener(
      Deno.listen({ hostname: address.ip, port: address.port, reusePort: shared }),
    );
  }
}
