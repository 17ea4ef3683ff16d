// Whether there is a listener for what a request would bind to one. A state itself does not ask: what was bound
// to a listener stays with the state when the listener goes, and a saved state may hold it without.

import { formatAddress } from "../values/address.ts";
import type { ConfigState } from "./state.ts";
import type { Verb } from "./verbs.ts";

/** Why a client may not bind what `verb` adds; `null` when there is a listener, or the verb adds nothing. */
export function missingListener({ tables }: ConfigState, verb: Verb): string | null {
  const { http, https, tcp, udp } = tables.listeners;
  switch (verb.kind) {
    case "add_http_frontend":
      return reasonUnless(http, "HTTP", verb.value);
    case "add_https_frontend":
      return reasonUnless(https, "HTTPS", verb.value);
    case "add_tcp_frontend":
      return reasonUnless(tcp, "TCP", verb.value);
    case "add_udp_frontend":
      return reasonUnless(udp, "UDP", verb.value);
    case "add_certificate":
    case "replace_certificate":
      return reasonUnless(https, "HTTPS", verb.value);
    case "remove_certificate": {
      const { address, fingerprint } = verb.value;
      const key = formatAddress(address);
      const isStored = tables.certificates.get(key, fingerprint.toLowerCase()) !== undefined;
      return isStored ? null : reasonUnless(https, "HTTPS", verb.value);
    }
    default:
      return null;
  }
}

function reasonUnless(
  listeners: { get(address: string): unknown },
  name: string,
  { address }: { readonly address: Parameters<typeof formatAddress>[0] },
): string | null {
  const key = formatAddress(address);
  return listeners.get(key) === undefined ? `No ${name} listener at ${key}` : null;
}
