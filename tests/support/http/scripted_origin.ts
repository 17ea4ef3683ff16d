// A TCP or TLS server whose every connection runs a script of the test: full control over each byte.

import type { CertificateAndKey } from "../../../config/schema/messages.ts";
import { Wire } from "../session/wire.ts";

/** A running server. */
export interface ScriptedOrigin {
  readonly port: number;
  /** `127.0.0.1:<port>`, as configuration files write it. */
  readonly address: string;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Connections open right now. */
  readonly open: number;
  /** Closes the listener and every connection, and waits for their scripts to end. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a server on a free loopback port (or on `port`), inside TLS if it gets a certificate. `script`
 * runs once a connection, which is closed when the script returns; what it throws after the peer went
 * away is ignored.
 */
export function scriptedOrigin(
  script: (wire: Wire, index: number) => Promise<void>,
  port = 0,
  tls: Pick<CertificateAndKey, "certificate" | "key"> | null = null,
): ScriptedOrigin {
  const place = { hostname: "127.0.0.1", port };
  const listener: Deno.Listener<Deno.TcpConn | Deno.TlsConn> = tls === null
    ? Deno.listen(place)
    : Deno.listenTls({ ...place, cert: tls.certificate, key: tls.key });
  const wires = new Set<Wire>();
  const scripts = new Set<Promise<void>>();
  let accepted = 0;

  const converse = async (wire: Wire, index: number) => {
    try {
      await script(wire, index);
    } catch {
      // The peer left, or the origin is being stopped: both are ordinary ends of a script.
    } finally {
      wires.delete(wire);
      wire.close();
    }
  };
  const accepting = (async () => {
    for await (const conn of listener) {
      const wire = new Wire(conn);
      wires.add(wire);
      const running = converse(wire, accepted++);
      scripts.add(running);
      running.finally(() => scripts.delete(running));
    }
  })().catch(() => {});
  const stop = async () => {
    try {
      listener.close();
    } catch {
      return; // stopped before
    }
    for (const wire of wires) wire.close();
    await Promise.all([accepting, ...scripts]);
  };
  const bound = (listener.addr as Deno.NetAddr).port;
  return {
    port: bound,
    address: `127.0.0.1:${bound}`,
    get accepted() {
      return accepted;
    },
    get open() {
      return wires.size;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
