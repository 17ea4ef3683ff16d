// Why a request is answered by this proxy instead of a backend: the status for the client, and the reason for
// the account.

import type { AnswerStatus } from "../../../answers/answer_set.ts";
import { Reason } from "../../reason.ts";
import { type Exchange, Interruption } from "../exchange.ts";

/** Notes why the request fails, where no reason has been noted yet. */
export function blame<S extends AnswerStatus>({ account }: Exchange, reason: Reason, status: S): S {
  if (account.reason === Reason.NONE) account.reason = reason;
  return status;
}

/** The status of the answer to a request that fails with `status`, unless it was interrupted. */
export function failureStatus(
  exchange: Exchange,
  status: AnswerStatus,
  reason: Reason,
): AnswerStatus {
  const { account, interruption } = exchange;
  blame(exchange, reason, status);
  switch (interruption) {
    case Interruption.TIMEOUT:
      account.reason = account.sent ? Reason.BACKEND_TIMEOUT : Reason.CONNECT_TIMEOUT;
      return 504;
    case Interruption.CLIENT_ERROR:
      account.reason = Reason.MALFORMED_BODY;
      return 400;
    case Interruption.SLOW_CLIENT:
      account.reason = Reason.CLIENT_TIMEOUT;
      return 408;
    default:
      return status;
  }
}
