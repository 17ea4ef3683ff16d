// Taking back changes of certificates. A certificate is recognised by its text, which unlike its
// fingerprint needs no parsing.

import { formatAddress } from "../values/address.ts";
import { parseFingerprint } from "../values/certificate.ts";
import type { Request, SocketAddress } from "../schema/messages.ts";
import type { ConfigState } from "../state/state.ts";
import { additionOf, replacementOf, type StoredCertificate } from "../state/certificates.ts";
import type { Verb } from "../state/verbs.ts";
import { NOTHING, request, type Undo } from "./parts.ts";

/** How to take back a change of a certificate; `null` when the verb is about something else. */
export function undoCertificate(state: ConfigState, verb: Verb): Undo | null {
  switch (verb.kind) {
    case "add_certificate": {
      const { address, certificate: { certificate: pem } } = verb.value;
      if (findByText(state, address, pem) !== null) return NOTHING;
      return (after) => {
        const added = findByText(after, address, pem);
        return added === null ? [] : [removeCertificate(added)];
      };
    }
    case "remove_certificate": {
      const before = findByFingerprint(state, verb.value.address, verb.value.fingerprint);
      return before === null ? NOTHING : () => [addCertificate(before)];
    }
    case "replace_certificate": {
      const { address, new_certificate: { certificate: pem }, old_fingerprint } = verb.value;
      const old = findByFingerprint(state, address, old_fingerprint);
      const same = findByText(state, address, pem);
      return (after) => {
        const now = findByText(after, address, pem);
        const steps: Request[] = [];
        if (old !== null && old !== same && old.fingerprint !== now?.fingerprint) {
          steps.push(addCertificate(old));
        }
        if (now === null || now === same) return steps;
        // Stored once more under its own fingerprint, with other names for example.
        const before = same ?? (old?.fingerprint === now.fingerprint ? old : null);
        steps.push(before === null ? removeCertificate(now) : replaceCertificate(before));
        return steps;
      };
    }
    default:
      return null;
  }
}

function findByFingerprint(
  { tables }: ConfigState,
  address: SocketAddress,
  text: string,
): StoredCertificate | null {
  const fingerprint = parseFingerprint(text);
  if (fingerprint === null) return null;
  return tables.certificates.get(formatAddress(address), fingerprint) ?? null;
}

/** The certificate stored from exactly this text, which needs no parsing to recognise. */
function findByText(
  { tables }: ConfigState,
  address: SocketAddress,
  pem: string,
): StoredCertificate | null {
  return tables.certificates.getByText(formatAddress(address), pem) ?? null;
}

function addCertificate(stored: StoredCertificate): Request {
  return request({ kind: "add_certificate", value: additionOf(stored) });
}

function replaceCertificate(stored: StoredCertificate): Request {
  return request({ kind: "replace_certificate", value: replacementOf(stored) });
}

function removeCertificate({ address, fingerprint }: StoredCertificate): Request {
  return request({ kind: "remove_certificate", value: { address, fingerprint } });
}
