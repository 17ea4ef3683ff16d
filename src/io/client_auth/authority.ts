// Who may stand above a certificate, and which signatures are known to be good. A client that comes back sends the
// same certificates: verifying a signature once is enough, as long as nothing else of the verdict is remembered.

import type { KeyObject } from "node:crypto";
import type { CertificateFields } from "../x509/certificate_fields.ts";
import type { NameConstraints } from "../x509/name_constraints.ts";
import { isSignedBy, publicKeyOf } from "../x509/signature.ts";
import { sha256Hex } from "../x509/sha256.ts";

/** A listed authority, or one that the client sent. */
export class Authority {
  readonly subject: string;
  readonly constraints: NameConstraints | null;
  readonly keyUsage: number | null;
  /** What the client sent; `null` for a listed authority, which is trusted as it is. */
  readonly sent: CertificateFields | null;
  /** Stands for the key where it is remembered. */
  readonly keyName: string;
  readonly #publicKey: Uint8Array;
  #key: KeyObject | null | undefined;

  constructor(fields: CertificateFields, isListed: boolean) {
    this.subject = fields.subject;
    this.constraints = fields.constraints;
    this.keyUsage = fields.keyUsage;
    this.sent = isListed ? null : fields;
    this.keyName = sha256Hex(fields.publicKey);
    this.#publicKey = fields.publicKey;
  }

  /** The key; `null` when the library cannot use it. */
  get key(): KeyObject | null {
    return this.#key === undefined ? this.#key = publicKeyOf(this.#publicKey) : this.#key;
  }
}

/** Most signatures that are remembered: some hundred bytes each. */
const MAX_KNOWN = 4096;

/** Good signatures of certificates. */
export class KnownSignatures {
  readonly #known = new Set<string>();

  /** Whether `authority` has signed a certificate whose own key can be used. */
  isGood({ der, signed, publicKey }: CertificateFields, authority: Authority): boolean {
    const name = `${sha256Hex(der)} ${authority.keyName}`;
    if (this.#known.has(name)) return true;
    const { key } = authority;
    if (key === null || !isSignedBy(signed, key) || publicKeyOf(publicKey) === null) return false;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.add(name);
    return true;
  }
}
