// Questions a worker answers from its own copy of the configuration state. Reads only.

import type {
  CertificatesByAddress,
  CertificateSummary,
  QueryCertificatesFilters,
  ResponseContent,
  SocketAddress,
} from "../../config/schema/messages.ts";
import { formatAddress } from "../../config/values/address.ts";
import { answerClusterQuery, type ClusterQuery } from "../../config/state/queries.ts";
import type { ConfigState } from "../../config/state/state.ts";
import type { StoredCertificate } from "../../config/state/certificates.ts";
import type { Verb } from "../../config/state/verbs.ts";

/** Requests answered here. */
export type WorkerQuery = ClusterQuery | (Verb & { kind: "query_certificates_from_workers" });

type Content = NonNullable<ResponseContent["content_type"]>;

/** The answer to a query, or why there is none. */
export function answerQuery(state: ConfigState, query: WorkerQuery): Content | string {
  return query.kind === "query_certificates_from_workers"
    ? certificates(state, query.value)
    : answerClusterQuery(state, query);
}

function certificates(state: ConfigState, filters: QueryCertificatesFilters): Content | string {
  const { fingerprint, domain } = filters;
  if (fingerprint !== undefined) {
    const found = state.certificates({ fingerprint: fingerprint.toLowerCase() });
    return found.certs.size === 0
      ? `No certificate has the fingerprint "${fingerprint}"`
      : { kind: "certificates_with_fingerprints", value: found };
  }
  const stored = Map.groupBy(
    state.tables.certificates.sorted(),
    ({ address }) => formatAddress(address),
  );
  const list = state.tables.listeners.https.sorted().map(({ address }) => {
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

/** What a client that asks for `domain` is served: the exact name first, then a wildcard. */
function oneName(stored: readonly StoredCertificate[], domain: string): CertificateSummary[] {
  const wanted = domain.toLowerCase();
  const wildcard = `*${wanted.slice(Math.max(0, wanted.indexOf(".")))}`;
  for (const name of [wanted, wildcard]) {
    const summary = allNames(stored).find((one) => one.domain.toLowerCase() === name);
    if (summary !== undefined) return [summary];
  }
  return [];
}
