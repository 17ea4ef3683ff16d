// Opens the rows of a request in the audit trail, unless no output wants rows.

import type { ConfigState } from "../../../config/state/state.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import type { AuditedRequest, AuditTrail } from "./trail.ts";
import { auditSubject } from "./subject.ts";
import type { ClientIdentity } from "../command_socket/identity.ts";

/** What opening rows takes. */
export interface AuditParts {
  readonly audit: AuditTrail;
  /** The state before the request. */
  readonly state: ConfigState;
}

/**
 * The rows of a request that is about to be executed; `null` when it leaves none. `encoded` is the
 * request as it goes to the workers.
 */
export function beginAudit(
  { audit, state }: AuditParts,
  client: ClientIdentity,
  type: Verb,
  encoded?: Uint8Array,
): AuditedRequest | null {
  if (!audit.isWanted) return null;
  const subject = auditSubject(type, state);
  return subject === null ? null : audit.begin(client, subject, encoded);
}
