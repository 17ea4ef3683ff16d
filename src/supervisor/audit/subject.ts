// What a request is called in the audit trail and what it is about, as the row of its verb says. Questions
// have no place in it.

import type { ConfigState } from "../../../config/state/state.ts";
import { rowOf, type Verb } from "../../../config/state/verbs.ts";
import type { AuditFacts, Subject } from "../../../config/state/verbs/row.ts";
import { parseCertificate } from "../../io/x509/certificate.ts";

/** The constant part of the rows about one request. */
export interface AuditSubject extends Omit<Subject, "clusterId" | "backendId"> {
  readonly verb: string;
  readonly clusterId: string | null;
  readonly backendId: string | null;
}

/** The subject of a request that is to be applied to `state`; `null` when it is not audited. */
export function auditSubject({ kind, value }: Verb, state: ConfigState): AuditSubject | null {
  const { auditVerb: verb, subject } = rowOf(kind);
  if (verb === undefined || subject === undefined) return null;
  const facts: AuditFacts = { tables: state.tables, executable: Deno.execPath(), fingerprintOf };
  const { clusterId = null, backendId = null, ...rest } = subject(value, facts);
  return { verb, ...rest, clusterId, backendId };
}

function fingerprintOf(pem: string): string | null {
  const facts = parseCertificate(pem);
  return "problem" in facts ? null : facts.fingerprint;
}
