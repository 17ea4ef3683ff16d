// In-place changes of listeners, both ways: a patch applied to a listener, and the patch that leads
// from one listener to another. Driven by the descriptors: a patch carries fields of the listener
// under the same names.

import type { MessageType, Properties } from "../schema/message_type.ts";
import { copyMessage, equalMessages } from "../schema/message_values.ts";
import {
  type AlpnProtocols,
  ClientAuthPolicy,
  type CustomHttpAnswers,
  type HttpsListenerConfig,
  type SocketAddress,
} from "../schema/messages.ts";

/** What every patch has in common. */
export interface ListenerPatch {
  address: SocketAddress;
}

/**
 * A copy of `listener` with the fields that `patch` holds. Absent fields keep their value;
 * `http_answers` is merged field by field, `answers` entry by entry with an empty body meaning keep, and the
 * newer of two answers for one status is the one that stays;
 * an ALPN list replaces the one before, and an empty one stands for the default; so does the policy for
 * certificates of clients, as a whole.
 */
export function patchListener<L, P extends ListenerPatch>(
  listenerType: MessageType<L>,
  patchType: MessageType<P>,
  listener: L,
  patch: P,
): L {
  const patched = copyMessage(listenerType, listener) as Properties;
  const changes = copyMessage(patchType, patch) as Properties;
  for (const { property, label } of patchType.fields) {
    const change = changes[property];
    if (property === "address" || change === undefined) continue;
    if (label === "map") {
      const entries = patched[property] as Map<string, string>;
      for (const [key, body] of change as Map<string, string>) {
        if (body !== "") entries.set(key, body);
      }
    } else if (property === "alpn_protocols") {
      patched[property] = (change as AlpnProtocols).values;
    } else if (property === "client_auth_policy") {
      delete patched.client_auth;
      Object.assign(patched, change);
    } else if (property === "http_answers") {
      patched[property] = { ...(patched[property] as CustomHttpAnswers), ...change };
      forgetOlder(patched.answers, changes.answers, change as CustomHttpAnswers);
    } else patched[property] = change;
  }
  return patched as L;
}

/** An entry of `answers` wins over its older form: it goes where a patch sets the older form alone. */
function forgetOlder(entries: unknown, patched: unknown, older: CustomHttpAnswers): void {
  for (const [field, body] of Object.entries(older)) {
    const status = field.slice("answer_".length);
    if (body === undefined || body === "" || (patched as Map<string, string>).get(status)) continue;
    (entries as Map<string, string>).delete(status);
  }
}

/**
 * The patch that turns `from` into `to`, or `null` when patching cannot: a field that no patch
 * carries differs, or a value would have to be taken back to absent.
 */
export function findPatch<L extends ListenerPatch, P extends ListenerPatch>(
  listenerType: MessageType<L>,
  patchType: MessageType<P>,
  from: L,
  to: L,
): P | null {
  const before = from as unknown as Properties;
  const after = to as unknown as Properties;
  const patch = patchType.empty() as unknown as Properties;
  patch.address = to.address;
  for (const { property, label } of patchType.fields) {
    const wanted = property === "client_auth_policy" ? policyOf(after) : after[property];
    if (property === "address" || wanted === undefined) continue;
    if (label === "map") {
      patch[property] = changedEntries(
        before[property] as Map<string, string>,
        wanted as Map<string, string>,
      );
    } else if (property === "alpn_protocols") {
      if (!sameList(before[property] as string[], wanted as string[])) {
        patch[property] = { values: wanted };
      }
    } else if (property === "client_auth_policy") {
      if (!equalMessages(ClientAuthPolicy, policyOf(before), wanted)) patch[property] = wanted;
    } else if (!sameValue(listenerType, property, before[property], wanted)) {
      patch[property] = wanted;
    }
  }
  // A certificate belongs to its key: no patch may name one of them alone.
  if (patch.certificate !== undefined || patch.key !== undefined) {
    patch.certificate = after.certificate;
    patch.key = after.key;
  }
  const result = patchListener(listenerType, patchType, from, patch as unknown as P);
  return equalMessages(listenerType, result, to) ? patch as unknown as P : null;
}

/** What a listener asks of the certificates of its clients, as patches carry it. */
function policyOf(listener: Properties): ClientAuthPolicy {
  const { client_auth, client_ca_certificates, client_ca_crls } =
    listener as unknown as HttpsListenerConfig;
  return {
    ...(client_auth === undefined ? {} : { client_auth }),
    client_ca_certificates,
    client_ca_crls,
  };
}

function changedEntries(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Map<string, string> {
  return new Map([...after].filter(([key, body]) => before.get(key) !== body));
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function sameValue<L>(
  listenerType: MessageType<L>,
  property: string,
  before: unknown,
  after: unknown,
): boolean {
  const field = listenerType.fields.find((each) => each.property === property);
  if (field === undefined || typeof field.type === "string") return before === after;
  return before !== undefined && equalMessages(field.type, before, after);
}
