// The certificates of one address of HTTPS listeners as commands change them, and the choice among them for each
// handshake. A name without a certificate gets a self-signed one made at run time.

import {
  parseFingerprint,
  storedName,
  unhostableName,
} from "../../../config/values/certificate.ts";
import type {
  AddCertificate,
  CertificateAndKey,
  RemoveCertificate,
  ReplaceCertificate,
} from "../../../config/schema/messages.ts";
import type { ChosenCertificate } from "../../io/tls/sni_settings.ts";
import { TlsCredentials, type VersionRange } from "../../io/tls/credentials.ts";
import { parseCertificate } from "../../io/x509/certificate.ts";
import { Counter, type Counters } from "../../observe/metrics/counters.ts";
import type { PlaneParts } from "../parts.ts";
import { CertificateStore, type StoredCertificate } from "./store.ts";

/** Whom the default certificate is made out to: the name sozu's own has. */
const DEFAULT_COMMON_NAME = "lolcatho.st";
/** Clocks of clients differ, and a process runs long. */
const DAY_MS = 24 * 3600 * 1000;
const DEFAULT_DAYS = 365 * 40;

/** Certificates of an address, chosen by server name. */
export class HttpsCertificates {
  readonly #store = new CertificateStore<TlsCredentials>();
  readonly #counters: Counters;
  readonly #parts: Pick<PlaneParts, "tls" | "wallClock">;
  #default: TlsCredentials | null = null;

  constructor(counters: Counters, parts: Pick<PlaneParts, "tls" | "wallClock">) {
    this.#counters = counters;
    this.#parts = parts;
  }

  fingerprints(): string[] {
    return this.#store.fingerprints();
  }

  credentials(fingerprint: string): TlsCredentials | null {
    return this.#store.get(fingerprint)?.credentials ?? null;
  }

  /** The fingerprint of the certificate that a name is shown; `null` for the default one. */
  shownFor(serverName: string): string | null {
    return this.#store.find(serverName)?.fingerprint ?? null;
  }

  firstExpiry(): number | null {
    return this.#store.firstExpiry();
  }

  /** Adds a certificate; the reason when it cannot be served. */
  add({ certificate, expired_at }: AddCertificate): string | null {
    const facts = parseCertificate(certificate.certificate);
    // One that is there stays as it is.
    if ("fingerprint" in facts && this.#store.has(facts.fingerprint)) return null;
    const read = this.#read(certificate, expired_at);
    const refusal = typeof read === "string" ? read : this.#store.add(read);
    return refusal === null ? null : `could not add certificate: ${refusal}`;
  }

  remove({ fingerprint }: RemoveCertificate): string | null {
    const parsed = parseFingerprint(fingerprint);
    if (parsed === null) {
      return "wrong certificate fingerprint: pairs of hexadecimal digits are accepted";
    }
    this.#store.remove(parsed);
    return null;
  }

  /** The new certificate is in place before the old one goes; the reason when it cannot be served. */
  replace({ new_certificate, old_fingerprint, new_expired_at }: ReplaceCertificate): string | null {
    const read = this.#read(new_certificate, new_expired_at);
    const refusal = typeof read === "string" ? read : this.#put(read);
    if (typeof read === "string" || refusal !== null) {
      return `could not replace certificate: ${refusal}`;
    }
    const old = parseFingerprint(old_fingerprint);
    if (old !== null && old !== read.fingerprint) this.#store.remove(old);
    return null;
  }

  /** See SniTlsSettings; `versions` are those of the listener. */
  choose(serverName: string, versions: VersionRange): ChosenCertificate | null {
    if (serverName === "") return null;
    const found = this.#store.find(serverName);
    if (found !== null) {
      return { context: found.credentials.context(versions), names: found.boundNames };
    }
    this.#counters.add(Counter.TLS_DEFAULT_CERTIFICATE, 1);
    return { context: this.#defaultCredentials().context(versions), names: null };
  }

  /** What is stored exactly so keeps its rank among equally long-lived ones. */
  #put(read: StoredCertificate<TlsCredentials>): string | null {
    const before = this.#store.get(read.fingerprint);
    const isSame = before !== null && before.expiresAt === read.expiresAt &&
      before.names.join() === read.names.join() && before.credentials.equals(read.credentials);
    return isSame ? null : this.#store.put(read);
  }

  #read(
    certificate: CertificateAndKey,
    expiresAt: bigint | undefined,
  ): StoredCertificate<TlsCredentials> | string {
    const facts = parseCertificate(certificate.certificate);
    if ("problem" in facts) {
      return `error parsing pem formated certificate from bytes: ${facts.problem}`;
    }
    const credentials = TlsCredentials.create(certificate);
    if (typeof credentials === "string") return credentials;
    const names = certificate.names.length > 0 ? certificate.names : facts.names;
    const unhostable = unhostableName(names);
    if (unhostable !== null) return unhostable;
    return {
      fingerprint: facts.fingerprint,
      names: names.map(storedName),
      expiresAt: expiresAt === undefined ? credentials.notAfter : Number(expiresAt),
      credentials,
    };
  }

  #defaultCredentials(): TlsCredentials {
    if (this.#default === null) {
      const { tls, wallClock } = this.#parts;
      const now = wallClock();
      const made = TlsCredentials.create(
        tls.selfSigned(DEFAULT_COMMON_NAME, now - DAY_MS, now + DEFAULT_DAYS * DAY_MS),
      );
      if (typeof made === "string") throw new Error(`The default certificate is unusable: ${made}`);
      this.#default = made;
    }
    return this.#default;
  }
}
