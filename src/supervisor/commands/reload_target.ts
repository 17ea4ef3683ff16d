// What a configuration should be after its file changed: everything the file says now, nothing it
// no longer says, and what was configured at run time beside the file untouched.

import { diff } from "../../../config/diff/diff.ts";
import type { SocketAddress } from "../../../config/schema/messages.ts";
import { sameCertificate } from "../../../config/state/certificates.ts";
import { listenerActOf } from "../../../config/state/listener_kinds.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import { removeCertificate, removeListener, type Verb } from "../../../config/state/verb.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
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
    if (replaced !== null) target.apply(requestOf(replaced));
  }
  const refused = wanted.filter((request) => target.apply(request) !== null);
  // A cluster may be probed at a port only after its backends have left their unix sockets, which come later.
  for (const request of refused) target.apply(request);
  return target;
}

/** What makes room for an object whose addition does not replace an existing one. */
function removalOf(verb: Verb | null): Verb | null {
  const done = verb === null ? null : listenerActOf(verb.kind);
  if (verb === null || done === null) return null;
  const { kind, act } = done;
  const { address } = verb.value as { readonly address: SocketAddress };
  if (act === "add") return removeListener(kind.proxy, address);
  if (act === "addFrontend") return { kind: kind.verbs.removeFrontend, value: verb.value } as Verb;
  return null;
}

/**
 * A certificate that is to be served in another way, such as with another chain: adding one whose
 * fingerprint is there already changes nothing.
 */
function removalOfCertificate(
  verb: Verb | null,
  { tables: mine }: ConfigState,
  { tables: theirs }: ConfigState,
): Verb | null {
  if (verb?.kind !== "add_certificate") return null;
  const { address, certificate } = verb.value;
  const key = formatAddress(address);
  const wanted = theirs.certificates.getByText(key, certificate.certificate);
  if (wanted === undefined) return null;
  const known = mine.certificates.get(key, wanted.fingerprint);
  if (known === undefined || sameCertificate(known, wanted)) return null;
  return removeCertificate(wanted);
}
