// Certificates as text. Private keys are never shown here.

import { formatAddress } from "../../config/address.ts";
import type {
  CertificatesWithFingerprints,
  ListOfCertificatesByAddress,
} from "../../config/messages.ts";
import { plainTable } from "./box_table.ts";
import { certificateFacts } from "./certificate_file.ts";
import { printable } from "./printable.ts";
import { byKey } from "./responders.ts";

export function renderCertificates({ certs }: CertificatesWithFingerprints): string {
  if (certs.size === 0) return "No certificate found\n";
  const rows = byKey(certs).map(([fingerprint, { certificate, names }]) => {
    const facts = certificateFacts(certificate);
    const domains = names.length > 0 ? names : facts?.names ?? [];
    return [
      fingerprint,
      facts?.validNotBefore ?? "unreadable",
      facts?.validNotAfter ?? "unreadable",
      domains.join(", "),
    ];
  });
  const header = ["fingerprint", "valid not before", "valid not after", "domain names"];
  return plainTable([header, ...rows]);
}

export function renderAddressCertificates({ certificates }: ListOfCertificatesByAddress): string {
  const lines = certificates.flatMap(({ address, certificate_summaries }) => [
    `\t${formatAddress(address)}:`,
    ...certificate_summaries.map(({ fingerprint, domain }) =>
      `\t\t${printable(fingerprint)}:\t${printable(domain)}`
    ),
  ]);
  return lines.length === 0 ? "No certificate found\n" : lines.join("\n") + "\n";
}
