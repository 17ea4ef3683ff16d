// What a listener asks of the certificates of its clients: the mode, the authorities it trusts and their revocation
// lists, read from the texts of the configuration. Never changed: a listener takes another one.

import type { SecureContext } from "node:tls";
import type { ClientIdentity } from "../contracts.ts";
import { servingProblem } from "../tls/trial.ts";
import { nodeTls } from "../node_library.ts";
import { type CertificateFields, readCertificateFields } from "../x509/certificate_fields.ts";
import { pemBytes, readPemBlocks } from "../x509/pem.ts";
import { readRevocationList, type RevocationList } from "../x509/revocation_list.ts";
import { createSelfSigned } from "../x509/self_signed.ts";
import { Authority, KnownSignatures } from "./authority.ts";
import { chainRefusal } from "./chain.ts";
import type { ClientHandshake } from "./handshake.ts";
import { identityOf } from "./identity.ts";
import { RevocationLists } from "./revocation.ts";
import { type Refusal, refusal } from "./verdict.ts";

/** The texts of a policy as configured. */
export interface ClientAuthTexts {
  /** Clients without a certificate are refused. */
  readonly required: boolean;
  /** PEM, one certificate or more each. */
  readonly authorities: readonly string[];
  /** PEM, one revocation list or more each. */
  readonly lists: readonly string[];
}

/** Most authorities of one listener: each handshake reads them all. */
const MAX_AUTHORITIES = 500;
/** Most revocation lists of one listener. */
const MAX_LISTS = 500;
/** Most certificates that one client sends. */
const MAX_SENT = 16;

/** A policy that was checked. */
export class ClientAuthPolicy {
  readonly required: boolean;
  readonly #pem: readonly string[];
  readonly #trusted: ReadonlyMap<string, readonly Authority[]>;
  readonly #lists: RevocationLists;
  readonly #ordered: readonly RevocationList[];
  readonly #now: () => number;
  readonly #signatures = new KnownSignatures();
  /** Contexts that ask clients for certificates, by those that do not. */
  readonly #contexts = new WeakMap<SecureContext, SecureContext>();

  private constructor(
    { required, authorities }: ClientAuthTexts,
    trusted: ReadonlyMap<string, readonly Authority[]>,
    [lists, ordered]: readonly [RevocationLists, readonly RevocationList[]],
    now: () => number,
  ) {
    this.required = required;
    this.#pem = authorities.flatMap((text) => readPemBlocks(text, "CERTIFICATE", MAX_AUTHORITIES));
    this.#trusted = trusted;
    this.#lists = lists;
    this.#ordered = ordered;
    this.#now = now;
  }

  /** Reads the texts; `now` gives milliseconds since 1970. A string is the reason why they are refused. */
  static create(texts: ClientAuthTexts, now: () => number): ClientAuthPolicy | string {
    const trusted = readAuthorities(texts.authorities);
    if (typeof trusted === "string") return trusted;
    const lists = readLists(texts.lists);
    if (typeof lists === "string") return lists;
    const policy = new ClientAuthPolicy(texts, trusted, lists, now);
    return policy.#trialProblem() ?? policy;
  }

  /** What an operator must know of the lists: one that has expired already, or `null`. */
  expiredList(): string | null {
    const now = this.#now();
    const at = this.#ordered.findIndex(({ nextUpdate }) => nextUpdate <= now);
    const list = this.#ordered[at];
    if (list === undefined) return null;
    const seconds = Math.floor((now - list.nextUpdate) / 1000);
    return `CRL #${at + 1} (counted across client_ca_crls) expired ${seconds} seconds ago: ` +
      "it would refuse every client that it covers, accepted are lists whose nextUpdate is to come";
  }

  /** The context of a certificate that also asks the client for one. */
  contextFor(context: SecureContext): SecureContext {
    const known = this.#contexts.get(context);
    if (known !== undefined) return known;
    const asking = {
      ...context,
      context: {
        ...context.context,
        ca: [...this.#pem],
        requestCert: true,
        rejectUnauthorized: this.required,
      },
    };
    this.#contexts.set(context, asking);
    return asking;
  }

  /** Who the client is, `null` for one without a certificate, or why it is refused. */
  judge({ chain, problem }: ClientHandshake): ClientIdentity | null | Refusal {
    const [first, ...others] = chain;
    if (first === undefined) return this.required ? refusal("missing") : null;
    if (others.length >= MAX_SENT) return refusal("malformed", "too many certificates were sent");
    const leaf = readCertificateFields(first);
    if (typeof leaf === "string") return refusal("malformed", leaf);
    const question = {
      leaf,
      others: others.map(readCertificateFields).filter(isRead),
      trusted: this.#trusted,
      lists: this.#lists,
      signatures: this.#signatures,
      now: this.#now(),
    };
    const refused = chainRefusal(question);
    if (refused !== null) return refused;
    return problem === "" ? identityOf(leaf) : refusal("unknown_issuer", problem);
  }

  /** Why the TLS library could do no handshake with these authorities, or `null`. */
  #trialProblem(): string | null {
    const now = this.#now();
    const { certificate, key } = createSelfSigned({
      commonName: "trial",
      names: [],
      notBefore: new Date(now),
      notAfter: new Date(now),
    });
    const context = this.contextFor(nodeTls().createSecureContext({ cert: certificate, key }));
    return servingProblem(context) === null
      ? null
      : "client_ca_certificates: the TLS library does not take one of them";
  }
}

function isRead(fields: CertificateFields | string): fields is CertificateFields {
  return typeof fields !== "string";
}

/** The authorities by the DER of their names, hexadecimal. */
function readAuthorities(texts: readonly string[]): Map<string, Authority[]> | string {
  const field = "client_ca_certificates";
  if (texts.length === 0) {
    return `${field}: it is empty, at least one certificate is needed to verify clients with`;
  }
  const trusted = new Map<string, Authority[]>();
  let count = 0;
  for (const [index, text] of texts.entries()) {
    const ders = readBlocks(text, "CERTIFICATE", MAX_AUTHORITIES + 1);
    if (typeof ders === "string") return `${field}: entry ${index + 1} ${ders}`;
    for (const der of ders) {
      if (++count > MAX_AUTHORITIES) return `${field}: at most ${MAX_AUTHORITIES} are accepted`;
      const fields = readCertificateFields(der);
      if (typeof fields === "string") return `${field}: in entry ${index + 1}, ${fields}`;
      const authority = new Authority(fields, true);
      if (authority.key === null) return `${field}: in entry ${index + 1}, a key cannot be used`;
      trusted.set(fields.subject, [...trusted.get(fields.subject) ?? [], authority]);
    }
  }
  return trusted;
}

function readLists(
  texts: readonly string[],
): readonly [RevocationLists, readonly RevocationList[]] | string {
  const field = "client_ca_crls";
  const lists = new RevocationLists();
  const ordered: RevocationList[] = [];
  for (const [index, text] of texts.entries()) {
    const ders = readBlocks(text, "X509 CRL", MAX_LISTS + 1);
    if (typeof ders === "string") return `${field}: entry ${index + 1} ${ders}`;
    for (const der of ders) {
      const list = readRevocationList(der);
      if (typeof list === "string") return `${field}: CRL #${ordered.length + 1}: ${list}`;
      ordered.push(list);
      if (ordered.length > MAX_LISTS) return `${field}: at most ${MAX_LISTS} are accepted`;
      if (!lists.add(list)) {
        return `${field}: CRL #${ordered.length} and another one of the same issuer cover the ` +
          "same certificates, accepted is one list for each";
      }
    }
  }
  return [lists, ordered];
}

/** The blocks of a text as bytes; a string tells what is wrong with it. */
function readBlocks(text: string, label: string, most: number): Uint8Array[] | string {
  const begun = text.split(`-----BEGIN ${label}-----`).length - 1;
  if (begun === 0) return `holds no PEM block '${label}'`;
  const ders: Uint8Array[] = [];
  for (const block of readPemBlocks(text, label, most)) {
    const der = pemBytes(block);
    if (der === null) return `is malformed: a block '${label}' is not base64`;
    ders.push(der);
  }
  return ders.length < Math.min(begun, most) ? `is malformed: a block '${label}' has no end` : ders;
}
