// `sozu certificate list`: the certificates, with the addresses where each is served. The answer of main has no
// addresses and that of the workers no expiry, so the table is made of both.

import { formatAddress } from "../../../config/values/address.ts";
import type { Response } from "../../../config/schema/messages.ts";
import type { CommandClient } from "../../client/mod.ts";
import type { CommandSession } from "../command_host.ts";
import type { CommandProblem } from "../problem.ts";
import { renderCertificates } from "./certificates.ts";
import { showAnswer } from "./show_answer.ts";

/** Shows the certificates of an answer. */
export async function showCertificates(
  answer: Response,
  session: CommandSession,
  client: CommandClient,
): Promise<CommandProblem | null> {
  const content = answer.content?.content_type;
  if (session.options.json || content?.kind !== "certificates_with_fingerprints") {
    return showAnswer(answer, session);
  }
  const addresses = addressesByFingerprint(
    content.value.certs.size === 0 ? new Map() : await fingerprintsByAddress(client),
  );
  return showAnswer(
    answer,
    session,
    () => renderCertificates(content.value, session.view, addresses),
  );
}

/** The fingerprints that any worker shows at each address, by the text of the address. */
export async function fingerprintsByAddress(
  client: CommandClient,
): Promise<Map<string, ReadonlySet<string>>> {
  const answer = await client.send({
    request_type: { kind: "query_certificates_from_workers", value: {} },
  });
  const content = answer.content?.content_type;
  const found = new Map<string, Set<string>>();
  const contents = content?.kind === "worker_responses" ? [...content.value.map.values()] : [];
  for (const { content_type } of contents) {
    if (content_type?.kind !== "certificates_by_address") continue;
    for (const { address, certificate_summaries } of content_type.value.certificates) {
      const key = formatAddress(address);
      const known = found.get(key) ?? new Set();
      for (const { fingerprint } of certificate_summaries) known.add(fingerprint);
      found.set(key, known);
    }
  }
  return found;
}

function addressesByFingerprint(
  shown: ReadonlyMap<string, ReadonlySet<string>>,
): Map<string, string[]> {
  const addresses = new Map<string, string[]>();
  for (const [address, fingerprints] of shown) {
    for (const fingerprint of fingerprints) {
      addresses.set(fingerprint, [...addresses.get(fingerprint) ?? [], address]);
    }
  }
  return addresses;
}
