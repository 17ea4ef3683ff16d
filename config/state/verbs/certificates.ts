// The verbs about certificates of HTTPS listeners.

import { EventKind, type SocketAddress } from "../../schema/messages.ts";
import { undoAddition, undoRemoval, undoReplacement } from "../../undo/certificate.ts";
import { formatAddress } from "../../values/address.ts";
import { LISTENER_KINDS } from "../listener_kinds.ts";
import type { EventObject, Rows } from "./row.ts";

/** Hexadecimal digits of a fingerprint that name a certificate: in the audit trail, and for people. */
const AUDITED_DIGITS = 16;
const SHOWN_DIGITS = 12;

export const CERTIFICATE_ROWS = {
  add_certificate: {
    runsOn: "all",
    served: ({ certificate }) => ({ ...certificate, field: "certificate" }),
    mutate: (tables, request) => tables.certificates.add(request),
    undo: undoAddition,
    scope: certificateScope,
    binds: atHttpsListener,
    auditVerb: "certificate_added",
    subject: ({ address }) => ({ target: `certificate:${formatAddress(address)}` }),
    event: EventKind.CERTIFICATE_ADDED,
    eventObject: addressOf,
    change: ({ address }) => `a certificate is added at ${formatAddress(address)}`,
  },
  replace_certificate: {
    runsOn: "all",
    served: ({ new_certificate }) => ({ ...new_certificate, field: "new_certificate" }),
    mutate: (tables, request) => tables.certificates.replace(request),
    undo: undoReplacement,
    scope: certificateScope,
    binds: atHttpsListener,
    auditVerb: "certificate_replaced",
    subject: ({ address, old_fingerprint, new_certificate }, { fingerprintOf }) => {
      const fresh = fingerprintOf(new_certificate.certificate)?.slice(0, AUDITED_DIGITS) ??
        "unknown";
      const change = `old=${old_fingerprint}:new=${fresh}`;
      return { target: `certificate:${formatAddress(address)}:${change}` };
    },
    event: EventKind.CERTIFICATE_REPLACED,
    eventObject: addressOf,
    change: ({ address, old_fingerprint }) =>
      `certificate ${shortened(old_fingerprint)} is replaced at ${formatAddress(address)}`,
  },
  remove_certificate: {
    runsOn: "all",
    mutate: (tables, request) => tables.certificates.remove(request),
    undo: undoRemoval,
    scope: certificateScope,
    // What a removed listener left behind may go.
    binds: ({ address, fingerprint }, { certificates }) => {
      const isStored = certificates.get(formatAddress(address), fingerprint.toLowerCase());
      return isStored === undefined ? atHttpsListener({ address }) : null;
    },
    auditVerb: "certificate_removed",
    subject: ({ address, fingerprint }) => ({
      target: `certificate:${formatAddress(address)}:${fingerprint}`,
    }),
    event: EventKind.CERTIFICATE_REMOVED,
    eventObject: addressOf,
    change: ({ address, fingerprint }) =>
      `certificate ${shortened(fingerprint)} is removed from ${formatAddress(address)}`,
  },
} as const satisfies Rows<"add_certificate" | "replace_certificate" | "remove_certificate">;

interface Placed {
  readonly address: SocketAddress;
}

function certificateScope({ address }: Placed): string {
  return `certificates ${formatAddress(address)}`;
}

function atHttpsListener({ address }: Placed) {
  return { kind: LISTENER_KINDS.https, address };
}

function addressOf({ address }: Placed): EventObject {
  return { address };
}

function shortened(fingerprint: string): string {
  return fingerprint.length > SHOWN_DIGITS
    ? `${fingerprint.slice(0, SHOWN_DIGITS)}\u2026`
    : fingerprint;
}
