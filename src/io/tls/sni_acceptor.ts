// The acceptor for listeners whose certificate depends on the name that is asked for.

import { EngineTlsAcceptor } from "./engine_acceptor.ts";
import { NodeTlsAcceptor } from "./node_acceptor.ts";
import type { SniTlsAcceptor, SniTlsSettings } from "./sni_settings.ts";
import { nativeTls } from "./engine.ts";

/** The cheapest acceptor this runtime has. */
export function sniTlsAcceptor(settings: SniTlsSettings): SniTlsAcceptor {
  const native = nativeTls();
  return native === null ? new NodeTlsAcceptor(settings) : new EngineTlsAcceptor(native, settings);
}
