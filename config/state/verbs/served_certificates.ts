// What workers report of the certificates that they serve. Reads only.

import type {
  CertificatesByAddress,
  CertificateSummary,
  QueryCertificatesFilters,
  ResponseContent,
  SocketAddress,
} from "../../schema/messages.ts";
import { formatAddress } from "../../values/address.ts";
import type { StoredCertificate } from "../certificates.ts";
import { certificates } from "../queries.ts";
import { shownCertificate } from "./shown_certificate.ts";
import type { ReadonlyTables } from "../tables.ts";

type Content = NonNullable<ResponseContent["content_type"]>;

/** What clients of every HTTPS listener are served, as workers tell it; or why there is nothing to tell. */
export function servedCertificates(
  tables: ReadonlyTables,
  { fingerprint, domain }: QueryCertificatesFilters,
): Content | string {
  if (fingerprint !== undefined) {
    const found = certificates(tables, { fingerprint: fingerprint.toLowerCase() });
    return found.certs.size === 0
      ? `No certificate has the fingerprint "${fingerprint}"`
      : { kind: "certificates_with_fingerprints", value: found };
  }
  const stored = Map.groupBy(
    domain === undefined ? tables.certificates.sorted() : tables.certificates.values(),
    ({ address }) => formatAddress(address),
  );
  const list = tables.listeners.https.sorted().map(({ address }) => {
    const own = stored.get(formatAddress(address)) ?? [];
    return byAddress(address, domain === undefined ? allNames(own) : oneName(own, domain));
  });
  return { kind: "certificates_by_address", value: { certificates: list } };
}

function byAddress(
  address: SocketAddress,
  certificate_summaries: CertificateSummary[],
): CertificatesByAddress {
  return { address, certificate_summaries };
}

function allNames(stored: readonly StoredCertificate[]): CertificateSummary[] {
  return stored.flatMap(({ fingerprint, certificate: { names } }) =>
    names.map((domain) => ({ domain, fingerprint }))
  );
}

/** What a client that asks for `domain` is served. */
function oneName(stored: readonly StoredCertificate[], domain: string): CertificateSummary[] {
  const shown = shownCertificate(stored, domain);
  return shown === null ? [] : [{ domain: shown.name, fingerprint: shown.stored.fingerprint }];
}
