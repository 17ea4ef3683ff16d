// Why a client's certificate is refused. The words begin like those of the TLS library, so that both are counted
// alike; the alert goes to clients of TLS 1.2 (RFC 5246 §7.2.2).

/** Kinds of refusals. */
export type RefusalKind =
  | "malformed"
  | "unknown_issuer"
  | "not_yet_valid"
  | "expired"
  | "purpose"
  | "constraint"
  | "revoked"
  | "revocation_unknown"
  | "list_expired"
  | "missing";

/** A refusal; `null` where one could be means that the certificate is accepted. */
export interface Refusal {
  readonly kind: RefusalKind;
  /** For logs and metrics; holds no name of a certificate. */
  readonly message: string;
  /** The number of the TLS alert. */
  readonly alert: number;
}

const WORDS: Readonly<Record<RefusalKind, readonly [message: string, alert: number]>> = {
  malformed: ["it cannot be read", 42],
  unknown_issuer: ["no listed authority has issued it", 48],
  not_yet_valid: ["it is not valid yet", 42],
  expired: ["it has expired", 45],
  purpose: ["it is not for the authentication of clients", 43],
  constraint: ["an authority above it does not permit it", 42],
  revoked: ["it, or an authority above it, is revoked", 44],
  revocation_unknown: ["no revocation list covers it", 46],
  list_expired: ["the revocation list that covers it has expired", 46],
  missing: ["", 116],
};

/** A refusal of this kind; `detail` says more to whoever reads logs. */
export function refusal(kind: RefusalKind, detail = ""): Refusal {
  const [words, alert] = WORDS[kind];
  if (kind === "missing") return { kind, message: "peer sent no certificates", alert };
  const more = detail === "" ? "" : ` (${detail})`;
  return { kind, message: `invalid peer certificate: ${words}${more}`, alert };
}
