// The acceptor for listeners whose certificate depends on the name that is asked for.

import { EngineTlsAcceptor } from "./engine_tls_acceptor.ts";
import { NodeTlsAcceptor } from "./node_tls_acceptor.ts";
import type { SniTlsAcceptor, SniTlsSettings } from "./sni_tls_settings.ts";
import { nativeTls } from "./tls_engine.ts";

/** The cheapest acceptor this runtime has. */
export function sniTlsAcceptor(settings: SniTlsSettings): SniTlsAcceptor {
  return nativeTls === null
    ? new NodeTlsAcceptor(settings)
    : new EngineTlsAcceptor(nativeTls, settings);
}
