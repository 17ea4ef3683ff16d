// Opens the rows of a request in the audit trail, where there is somebody to read them.

import type { ConfigState } from "../../config/state.ts";
import type { Verb } from "../../config/state_verbs.ts";
import type { AuditedRequest, AuditTrail } from "./audit_trail.ts";
import { auditSubject } from "./audit_subject.ts";
import type { ClientIdentity } from "./client_identity.ts";

/** What opening rows takes. */
export interface AuditedMain {
  readonly audit: AuditTrail;
  /** As it is before the request. */
  readonly state: ConfigState;
}

/**
 * The rows of a request that is about to be executed; `null` when it leaves none. `encoded` is the
 * request as it goes to the workers.
 */
export function beginAudit(
  { audit, state }: AuditedMain,
  client: ClientIdentity,
  type: Verb,
  encoded?: Uint8Array,
): AuditedRequest | null {
  if (!audit.isWanted) return null;
  const subject = auditSubject(type, state);
  return subject === null ? null : audit.begin(client, subject, encoded);
}
