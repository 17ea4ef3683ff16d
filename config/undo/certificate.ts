// Taking back changes of certificates. A certificate is recognised by its text, which unlike its
// fingerprint needs no parsing.

import { formatAddress } from "../values/address.ts";
import { parseFingerprint } from "../values/certificate.ts";
import type {
  AddCertificate,
  RemoveCertificate,
  ReplaceCertificate,
  Request,
  SocketAddress,
} from "../schema/messages.ts";
import { additionOf, replacementOf, type StoredCertificate } from "../state/certificates.ts";
import type { ReadonlyTables } from "../state/tables.ts";
import { removeCertificate, type Verb } from "../state/verb.ts";
import { requestOf } from "../state/twin_verbs.ts";
import { NOTHING, type Undo } from "./parts.ts";

export function undoAddition(
  tables: ReadonlyTables,
  { address, certificate: { certificate: pem } }: AddCertificate,
): Undo {
  if (findByText(tables, address, pem) !== null) return NOTHING;
  return (after) => {
    const added = findByText(after.tables, address, pem);
    return added === null ? [] : [requestOf(removeCertificate(added))];
  };
}

export function undoRemoval(
  tables: ReadonlyTables,
  { address, fingerprint }: RemoveCertificate,
): Undo {
  const before = findByFingerprint(tables, address, fingerprint);
  return before === null ? NOTHING : () => [requestOf(additionOf(before))];
}

export function undoReplacement(
  tables: ReadonlyTables,
  { address, new_certificate: { certificate: pem }, old_fingerprint }: ReplaceCertificate,
): Undo {
  const old = findByFingerprint(tables, address, old_fingerprint);
  const same = findByText(tables, address, pem);
  return (after): Request[] => {
    const now = findByText(after.tables, address, pem);
    const steps: Verb[] = [];
    if (old !== null && old !== same && old.fingerprint !== now?.fingerprint) {
      steps.push(additionOf(old));
    }
    if (now === null || now === same) return steps.map(requestOf);
    // Stored once more under its own fingerprint, with other names for example.
    const before = same ?? (old?.fingerprint === now.fingerprint ? old : null);
    steps.push(before === null ? removeCertificate(now) : replacementOf(before));
    return steps.map(requestOf);
  };
}

function findByFingerprint(
  { certificates }: ReadonlyTables,
  address: SocketAddress,
  text: string,
): StoredCertificate | null {
  const fingerprint = parseFingerprint(text);
  if (fingerprint === null) return null;
  return certificates.get(formatAddress(address), fingerprint) ?? null;
}

/** The certificate stored from exactly this text, which needs no parsing to recognise. */
function findByText(
  { certificates }: ReadonlyTables,
  address: SocketAddress,
  pem: string,
): StoredCertificate | null {
  return certificates.getByText(formatAddress(address), pem) ?? null;
}
