// The acceptor for listeners that choose the certificate by the server name of the client (SNI).

import { EngineTlsAcceptor } from "./engine_acceptor.ts";
import { NodeTlsAcceptor } from "./node_acceptor.ts";
import type { SniTlsAcceptor, SniTlsSettings } from "./sni_settings.ts";
import { nativeTls } from "./engine.ts";

/** The acceptor with the lowest cost in this version of Deno. */
export function sniTlsAcceptor(settings: SniTlsSettings): SniTlsAcceptor {
  const native = nativeTls();
  return native === null ? new NodeTlsAcceptor(settings) : new EngineTlsAcceptor(native, settings);
}
