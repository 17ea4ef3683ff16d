// Certificates as text. Private keys are never shown here.

import { formatAddress } from "../../../config/values/address.ts";
import type {
  CertificatesWithFingerprints,
  ListOfCertificatesByAddress,
} from "../../../config/schema/messages.ts";
import { type CertificateFacts, certificateFacts } from "../options/certificate_file.ts";
import { byKey } from "../responders.ts";
import { boxTable, type Column, firm, type TableView } from "./table.ts";

const NONE = "No certificate found\n";
const DAY_MS = 86_400_000;

/** `addresses`: where each certificate is served, by fingerprint. */
export function renderCertificates(
  { certs }: CertificatesWithFingerprints,
  view: TableView,
  addresses: ReadonlyMap<string, readonly string[]> = new Map(),
  now: number = Date.now(),
): string {
  if (certs.size === 0) return NONE;
  const hasAddresses = [...certs.keys()].some((fingerprint) => addresses.has(fingerprint));
  const head: Column[] = [
    "names",
    ...(hasAddresses ? [firm("address")] : []),
    firm("valid until"),
    firm("state"),
    ...(view.verbose ? [firm("valid from"), firm("fingerprint")] : []),
  ];
  const rows = byKey(certs).map(([fingerprint, { certificate, names }]) => {
    const facts = certificateFacts(certificate);
    return [
      (names.length > 0 ? names : facts?.names ?? []).join(", "),
      ...(hasAddresses ? [(addresses.get(fingerprint) ?? []).join("\n")] : []),
      facts?.validNotAfter.slice(0, 10) ?? "unreadable",
      stateText(facts, now),
      ...(view.verbose ? [facts?.validNotBefore.slice(0, 10) ?? "unreadable", fingerprint] : []),
    ];
  });
  return boxTable(head, rows, view);
}

/** The certificates of each address, as the workers report them. */
export function renderAddressCertificates(
  { certificates }: ListOfCertificatesByAddress,
  view: TableView,
): string {
  const rows = certificates.flatMap(({ address, certificate_summaries }) =>
    certificate_summaries.map(({ fingerprint, domain }) => [
      formatAddress(address),
      domain,
      ...(view.verbose ? [fingerprint] : []),
    ])
  );
  if (rows.length === 0) return NONE;
  const head = [firm("address"), "name", ...(view.verbose ? [firm("fingerprint")] : [])];
  return boxTable(head, rows, view);
}

function stateText(facts: CertificateFacts | null, now: number): string {
  if (facts === null) return "";
  const [from, until] = [facts.validNotBefore, facts.validNotAfter].map((date) => Date.parse(date));
  if (from !== undefined && now < from) return "not valid yet";
  const days = Math.floor(((until ?? now) - now) / DAY_MS);
  if (days < 0) return "expired";
  return days === 0 ? "ends today" : `${days} day${days === 1 ? "" : "s"} left`;
}
