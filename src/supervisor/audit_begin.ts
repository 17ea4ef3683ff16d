// Opens the rows of a request in the audit trail, where there is somebody to read them.

import type { AuditedRequest } from "./audit_trail.ts";
import { auditSubject } from "./audit_subject.ts";
import type { ClientIdentity } from "./client_identity.ts";
import type { MainContext, RequestType } from "./main_context.ts";

/**
 * The rows of a request that is about to be executed; `null` when it leaves none. `encoded` is the
 * request as it goes to the workers.
 */
export function beginAudit(
  { audit, state }: MainContext,
  client: ClientIdentity,
  type: RequestType,
  encoded?: Uint8Array,
): AuditedRequest | null {
  if (!audit.isWanted) return null;
  const subject = auditSubject(type, state);
  return subject === null ? null : audit.begin(client, subject, encoded);
}
