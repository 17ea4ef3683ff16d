// The certificates of a ConfigState: by listener address, then by fingerprint. Whether a listener
// exists at the address is not checked here. Buckets that become empty are dropped.

import { compareAddresses, formatAddress, normalizeAddress } from "../values/address.ts";
import {
  type CertificateParser,
  parseFingerprint,
  storedName,
  unhostableName,
} from "../values/certificate.ts";
import { type ConfigError, notFound } from "./config_error.ts";
import { presentFields } from "../values/present_fields.ts";
import { copyMessage, equalMessages } from "../schema/message_values.ts";
import {
  type AddCertificate,
  CertificateAndKey,
  type RemoveCertificate,
  type ReplaceCertificate,
  type SocketAddress,
} from "../schema/messages.ts";
import { compareText } from "../values/text_order.ts";
import { addCertificate, replaceCertificate, type Verb } from "./verb.ts";

/** One stored certificate with where it is served and what it is. */
export interface StoredCertificate {
  readonly address: SocketAddress;
  readonly fingerprint: string;
  readonly certificate: CertificateAndKey;
  /** Expiry that replaces the one of the certificate, in seconds since 1970; absent unless a request set it. */
  readonly expiredAt?: bigint;
  /** By which certificates of one name are ranked, in seconds since 1970. */
  readonly expiresAt: number;
}

/** The request that adds a certificate as it is stored. */
export function additionOf({ address, certificate, expiredAt }: StoredCertificate): Verb {
  return addCertificate({ address, certificate, ...presentFields({ expired_at: expiredAt }) });
}

/** The request that puts a certificate in the place of the one of the same fingerprint. */
export function replacementOf(
  { address, certificate, fingerprint, expiredAt }: StoredCertificate,
): Verb {
  return replaceCertificate({
    address,
    new_certificate: certificate,
    old_fingerprint: fingerprint,
    ...presentFields({ new_expired_at: expiredAt }),
  });
}

/** Whether two certificates of one fingerprint are served alike. */
export function sameCertificate(a: StoredCertificate, b: StoredCertificate): boolean {
  return a.expiredAt === b.expiredAt &&
    equalMessages(CertificateAndKey, a.certificate, b.certificate);
}

/** The certificates at one address; each is in both maps. */
class Bucket {
  readonly byFingerprint = new Map<string, StoredCertificate>();
  /** By the text they were stored from, which is that of one fingerprint only. */
  readonly byText = new Map<string, StoredCertificate>();

  get size(): number {
    return this.byFingerprint.size;
  }

  /** Puts a certificate behind the others, and what it equals nowhere else. */
  set(stored: StoredCertificate): void {
    const before = this.byFingerprint.get(stored.fingerprint);
    if (before !== undefined && sameCertificate(before, stored)) return;
    this.delete(stored.fingerprint);
    this.byFingerprint.set(stored.fingerprint, stored);
    this.byText.set(stored.certificate.certificate, stored);
  }

  delete(fingerprint: string): void {
    const stored = this.byFingerprint.get(fingerprint);
    if (stored === undefined) return;
    this.byFingerprint.delete(fingerprint);
    this.byText.delete(stored.certificate.certificate);
  }

  copy(): Bucket {
    const copy = new Bucket();
    for (const stored of this.byFingerprint.values()) copy.set(stored);
    return copy;
  }
}

/** Certificates by address and fingerprint. */
export class Certificates {
  readonly #parse: CertificateParser;
  #byAddress = new Map<string, Bucket>();

  constructor(parse: CertificateParser) {
    this.#parse = parse;
  }

  get size(): number {
    return [...this.#byAddress.values()].reduce((sum, bucket) => sum + bucket.size, 0);
  }

  get(address: string, fingerprint: string): StoredCertificate | undefined {
    return this.#byAddress.get(address)?.byFingerprint.get(fingerprint);
  }

  /** The certificate that is stored from exactly this text. */
  getByText(address: string, text: string): StoredCertificate | undefined {
    return this.#byAddress.get(address)?.byText.get(text);
  }

  /** Every certificate, those of one address in the order in which they were added. */
  *values(): Iterable<StoredCertificate> {
    for (const bucket of this.#byAddress.values()) yield* bucket.byFingerprint.values();
  }

  /** Every certificate by address and fingerprint. */
  sorted(): StoredCertificate[] {
    return [...this.values()].sort((a, b) =>
      compareAddresses(a.address, b.address) || compareText(a.fingerprint, b.fingerprint)
    );
  }

  /** Adds a certificate; one of the same fingerprint at the address stays as it is. */
  add({ address, certificate, expired_at }: AddCertificate): ConfigError | null {
    const stored = this.#read(address, certificate, expired_at);
    if ("kind" in stored) return stored;
    if (this.get(formatAddress(address), stored.fingerprint) === undefined) this.#store(stored);
    return null;
  }

  /** Stores the new certificate, then forgets the old one; an unknown old one is tolerated. */
  replace(request: ReplaceCertificate): ConfigError | null {
    const old = parseFingerprint(request.old_fingerprint);
    if (old === null) return badFingerprint(request.old_fingerprint);
    const key = formatAddress(request.address);
    const bucket = this.#byAddress.get(key);
    if (bucket === undefined) return notFound("certificates of listener", key);
    const { address, new_certificate, new_expired_at } = request;
    const stored = this.#read(address, new_certificate, new_expired_at);
    if ("kind" in stored) return stored;
    if (old !== stored.fingerprint) bucket.delete(old);
    bucket.set(stored);
    return null;
  }

  /** Forgets a certificate; one that is not there is no error. */
  remove({ address, fingerprint }: RemoveCertificate): ConfigError | null {
    const parsed = parseFingerprint(fingerprint);
    if (parsed === null) return badFingerprint(fingerprint);
    const key = formatAddress(address);
    const bucket = this.#byAddress.get(key);
    bucket?.delete(parsed);
    if (bucket?.size === 0) this.#byAddress.delete(key);
    return null;
  }

  copy(): Certificates {
    const copy = new Certificates(this.#parse);
    for (const [key, bucket] of this.#byAddress) copy.#byAddress.set(key, bucket.copy());
    return copy;
  }

  #read(
    address: SocketAddress,
    given: CertificateAndKey,
    expiredAt: bigint | undefined,
  ): StoredCertificate | ConfigError {
    const facts = this.#parse(given.certificate);
    if ("problem" in facts) {
      return { kind: "certificate", message: `Cannot read the certificate: ${facts.problem}` };
    }
    const certificate = copyMessage(CertificateAndKey, given);
    const names = certificate.names.length === 0 ? facts.names : certificate.names;
    const unhostable = unhostableName(names);
    if (unhostable !== null) return { kind: "certificate", message: unhostable };
    certificate.names = names.map(storedName);
    const { fingerprint } = facts;
    const expiresAt = Number(expiredAt ?? facts.notAfter ?? 0);
    const place = { address: normalizeAddress(address), fingerprint };
    return { ...place, certificate, expiresAt, ...presentFields({ expiredAt }) };
  }

  #store(stored: StoredCertificate): void {
    const key = formatAddress(stored.address);
    let bucket = this.#byAddress.get(key);
    if (bucket === undefined) this.#byAddress.set(key, bucket = new Bucket());
    bucket.set(stored);
  }
}

function badFingerprint(text: string): ConfigError {
  return {
    kind: "certificate",
    message: `Cannot read the fingerprint "${text}": accepted are pairs of hexadecimal digits`,
  };
}
