// `sozu listener list`: the listeners, and the implementation of TLS that serves the HTTPS ones. No answer of main
// has it: it is derived from the listener and the certificates at its address, as in the workers.

import { formatAddress } from "../../../config/values/address.ts";
import type { HttpsListenerConfig, ListenersList } from "../../../config/schema/messages.ts";
import { tlsAcceptorOf } from "../../../config/state/tls_acceptor.ts";
import type { CommandClient } from "../../client/mod.ts";
import { parseCertificate } from "../../io/x509/certificate.ts";
import type { CommandSession } from "../command_host.ts";
import type { CommandProblem } from "../problem.ts";
import { fingerprintsByAddress } from "../render/certificate_list.ts";
import { type AcceptorsByAddress, renderListeners } from "../render/listeners.ts";
import { showAnswer } from "../render/show_answer.ts";

/** Shows every listener with its settings. */
export async function listListeners(session: CommandSession): Promise<CommandProblem | null> {
  const client = await session.connect();
  const answer = await client.send({ request_type: { kind: "list_listeners", value: {} } });
  const content = answer.content?.content_type;
  if (session.options.json || content?.kind !== "listeners_list") {
    return showAnswer(answer, session);
  }
  const acceptors = await acceptorsOf(client, content.value);
  return showAnswer(answer, session, () => renderListeners(content.value, session.view, acceptors));
}

async function acceptorsOf(
  client: CommandClient,
  { https_listeners }: ListenersList,
): Promise<AcceptorsByAddress> {
  if (https_listeners.size === 0) return new Map();
  const found = await fingerprintsByAddress(client);
  const fingerprints = (address: string) => [...found.get(address) ?? []];
  const listeners = [...https_listeners.values()];
  return new Map(listeners.map((listener) => {
    const address = formatAddress(listener.address);
    return [address, tlsAcceptorOf(listener, ownFingerprint(listener), fingerprints(address))];
  }));
}

function ownFingerprint({ certificate, key }: HttpsListenerConfig): string | null {
  if (certificate === undefined || key === undefined) return null;
  const facts = parseCertificate(certificate);
  return "problem" in facts ? null : facts.fingerprint;
}
