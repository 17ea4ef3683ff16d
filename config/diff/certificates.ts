// The certificate part of a diff: new certificates come before old ones go, and a changed one is replaced in
// one step, so that a name that keeps being served is never without one.

import { formatAddress } from "../values/address.ts";
import type { BoundChanges } from "./frontends.ts";
import type { ListenerChanges } from "./listeners.ts";
import { additionOf, replacementOf, sameCertificate } from "../state/certificates.ts";
import type { ReadonlyTables } from "../state/tables.ts";
import { removeCertificate, type Verb } from "../state/verb.ts";

/** Diff of the certificates of HTTPS listeners. */
export function diffCertificates(
  { certificates: mine }: ReadonlyTables,
  { certificates: theirs }: ReadonlyTables,
  { removed }: ListenerChanges,
): BoundChanges {
  const before: Verb[] = [];
  const after: Verb[] = [];
  const late: Verb[] = [];
  for (const stored of mine.sorted()) {
    const address = formatAddress(stored.address);
    if (theirs.get(address, stored.fingerprint) !== undefined) continue;
    (removed.has(address) ? before : late).push(removeCertificate(stored));
  }
  for (const stored of theirs.sorted()) {
    const known = mine.get(formatAddress(stored.address), stored.fingerprint);
    if (known === undefined) after.push(additionOf(stored));
    else if (!sameCertificate(known, stored)) after.push(replacementOf(stored));
  }
  return { before, after: [...after, ...late] };
}
