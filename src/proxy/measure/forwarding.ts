// Counts what requests say about the hop before this proxy, and whether it is true. Few requests say
// anything, so what is said is looked for in the head again.

import { asciiText } from "../../bytes/ascii.ts";
import { Counter, type Counters } from "../../observe/metrics/counters.ts";
import { addsXForwarded } from "../../protocol/http/forwarding/family.ts";
import { HeaderKind } from "../../protocol/http/header_kind.ts";
import { Field } from "../../protocol/http/message_head.ts";
import type { RequestAccount } from "../../session/http/account.ts";
import type { ObservedSession } from "../../session/observer.ts";

const CLAIMS = (1 << HeaderKind.X_FORWARDED_PROTO) | (1 << HeaderKind.X_FORWARDED_PORT);

/**
 * Counts X-Forwarded-Proto and -Port that came with a request, and those that differ from the facts, where
 * they are believed.
 */
export function countForwarding(
  account: RequestAccount,
  { listener }: ObservedSession,
  counters: Counters,
): void {
  if ((account.head.seen & CLAIMS) === 0) return;
  const { protocol, publicAddress, forwarding } = listener;
  if (!addsXForwarded(forwarding.family)) return;
  compare(account, HeaderKind.X_FORWARDED_PROTO, protocol, Counter.TRUSTING_PROTO, counters);
  const port = String(publicAddress.port);
  compare(account, HeaderKind.X_FORWARDED_PORT, port, Counter.TRUSTING_PORT, counters);
}

/** `count` is that of the claims; the one after it is that of the claims that differ. */
function compare(
  { head, headGone }: RequestAccount,
  kind: HeaderKind,
  fact: string,
  count: number,
  counters: Counters,
): void {
  const field = head.lastOf(kind);
  if (field < 0) return;
  counters.add(count, 1);
  if (headGone) return;
  const claim = asciiText(
    head.bytes,
    head.at(field, Field.VALUE_START),
    head.at(field, Field.VALUE_END),
  );
  if (claim.toLowerCase() !== fact) counters.add(count + 1, 1);
}
