// What a configuration should be after its file changed: everything the file says now, nothing it
// no longer says, and what was configured at run time beside the file untouched.

import { diff } from "../../../config/diff/diff.ts";
import { ListenerType, type Request, type SocketAddress } from "../../../config/schema/messages.ts";
import { sameCertificate } from "../../../config/state/certificates.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import { formatAddress } from "../../../config/values/address.ts";

/**
 * The state to bring into force: `current` is in force now, `oldFile` is what the file described
 * before, `newFile` what it describes now. Objects neither knows are kept; for all others the new
 * file decides, whatever was changed about them at run time.
 */
export function reloadTarget(
  current: ConfigState,
  oldFile: ConfigState,
  newFile: ConfigState,
): ConfigState {
  const target = current.clone();
  // What has left the file goes; what is gone already needs no removal, so refusals do not matter.
  for (const request of diff(oldFile, newFile)) {
    if (request.request_type?.kind.startsWith("remove_")) target.apply(request);
  }
  const wanted = newFile.dump();
  for (const request of wanted) {
    const replaced = removalOf(request.request_type) ??
      removalOfCertificate(request.request_type, target, newFile);
    if (replaced !== null) target.apply(replaced);
  }
  for (const request of wanted) target.apply(request);
  return target;
}

/** What makes room for an object whose addition does not replace an existing one. */
function removalOf(verb: Verb | null): Request | null {
  switch (verb?.kind) {
    case "add_http_listener":
      return removeListener(verb.value.address, ListenerType.HTTP);
    case "add_https_listener":
      return removeListener(verb.value.address, ListenerType.HTTPS);
    case "add_tcp_listener":
      return removeListener(verb.value.address, ListenerType.TCP);
    case "add_udp_listener":
      return removeListener(verb.value.address, ListenerType.UDP);
    case "add_http_frontend":
      return { request_type: { kind: "remove_http_frontend", value: verb.value } };
    case "add_https_frontend":
      return { request_type: { kind: "remove_https_frontend", value: verb.value } };
    case "add_tcp_frontend":
      return { request_type: { kind: "remove_tcp_frontend", value: verb.value } };
    case "add_udp_frontend":
      return { request_type: { kind: "remove_udp_frontend", value: verb.value } };
    default:
      return null;
  }
}

/**
 * A certificate that is to be served in another way, such as with another chain: adding one whose
 * fingerprint is there already changes nothing.
 */
function removalOfCertificate(
  verb: Verb | null,
  { tables: mine }: ConfigState,
  { tables: theirs }: ConfigState,
): Request | null {
  if (verb?.kind !== "add_certificate") return null;
  const { address, certificate } = verb.value;
  const key = formatAddress(address);
  const wanted = theirs.certificates.getByText(key, certificate.certificate);
  if (wanted === undefined) return null;
  const { fingerprint } = wanted;
  const known = mine.certificates.get(key, fingerprint);
  if (known === undefined || sameCertificate(known, wanted)) return null;
  return { request_type: { kind: "remove_certificate", value: { address, fingerprint } } };
}

function removeListener(address: SocketAddress, proxy: ListenerType): Request {
  return { request_type: { kind: "remove_listener", value: { address, proxy } } };
}
