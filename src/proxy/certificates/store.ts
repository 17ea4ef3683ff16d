// The certificates of one HTTPS listener and which of them a name is shown: the longest-lived of those
// that carry it. Changes take effect with the next handshake; what a handshake was given stays valid.

import { NameTrie, parseStoredName, type StoredName } from "../../routing/name/name_trie.ts";

/** A certificate in the store; never changed, so a reference to it may be kept. */
export interface StoredCertificate<C> {
  /** SHA-256 of the certificate's DER, lower-case hexadecimal. */
  readonly fingerprint: string;
  /** Names as they are stored. */
  readonly names: readonly string[];
  /** Seconds since 1970, for ranking only. */
  readonly expiresAt: number;
  /** What a handshake needs. */
  readonly credentials: C;
}

/** A certificate and its names, ready to be compared with what clients ask for. */
export interface ServedCertificate<C> extends StoredCertificate<C> {
  /** Lower case, without trailing dots, sorted, each once. */
  readonly boundNames: readonly string[];
}

interface Entry<C> {
  readonly served: ServedCertificate<C>;
  readonly parsed: readonly StoredName[];
}

/** Certificates by fingerprint and by name. */
export class CertificateStore<C> {
  readonly #byFingerprint = new Map<string, Entry<C>>();
  /** For each name its certificates, the one to show last. */
  readonly #byName = new Map<string, Entry<C>[]>();
  readonly #trie = new NameTrie<Entry<C>>();
  /** The first expiry of all, Infinity for none; `null` when it has to be looked for. */
  #first: number | null = Infinity;

  get size(): number {
    return this.#byFingerprint.size;
  }

  fingerprints(): string[] {
    return [...this.#byFingerprint.keys()];
  }

  has(fingerprint: string): boolean {
    return this.#byFingerprint.has(fingerprint);
  }

  get(fingerprint: string): ServedCertificate<C> | null {
    return this.#byFingerprint.get(fingerprint)?.served ?? null;
  }

  /** The certificate for a name in lower case without a trailing dot, or `null`. */
  find(name: string): ServedCertificate<C> | null {
    return this.#trie.find(name)?.served ?? null;
  }

  /** Adds a certificate; one that is there stays as it is. The reason when a name is malformed. */
  add(certificate: StoredCertificate<C>): string | null {
    return this.has(certificate.fingerprint) ? null : this.put(certificate);
  }

  /**
   * Adds a certificate behind the others; one of the same fingerprint goes. The reason when a name is malformed;
   * nothing has changed then.
   */
  put(certificate: StoredCertificate<C>): string | null {
    const parsed: StoredName[] = [];
    for (const name of certificate.names) {
      const one = parseStoredName(name);
      if (typeof one === "string") return `invalid name "${name}": ${one}`;
      if (one !== null && !parsed.some(({ text }) => text === one.text)) parsed.push(one);
    }
    const boundNames = parsed.map(({ text }) => text).sort();
    const entry = { served: { ...certificate, boundNames }, parsed };
    const before = this.#byFingerprint.get(certificate.fingerprint);
    this.#byFingerprint.set(certificate.fingerprint, entry);
    if (before !== undefined && before.served.expiresAt === this.#first) this.#first = null;
    if (this.#first !== null) this.#first = Math.min(this.#first, certificate.expiresAt);
    for (const name of parsed) this.#publish(name, this.#with(name, before, entry));
    for (const name of before?.parsed ?? []) {
      this.#publish(name, this.#entriesOf(name).filter((other) => other !== before));
    }
    return null;
  }

  /** The entries of `name` without `before`, and `entry` behind them. */
  #with(name: StoredName, before: Entry<C> | undefined, entry: Entry<C>): Entry<C>[] {
    return [...this.#entriesOf(name).filter((other) => other !== before), entry];
  }

  /** Takes a certificate out; one that is not there is no error. */
  remove(fingerprint: string): void {
    const entry = this.#byFingerprint.get(fingerprint);
    if (entry === undefined) return;
    this.#byFingerprint.delete(fingerprint);
    if (entry.served.expiresAt === this.#first) this.#first = null;
    for (const name of entry.parsed) {
      this.#publish(name, this.#entriesOf(name).filter((other) => other !== entry));
    }
  }

  /** The first expiry of all certificates in seconds since 1970; `null` when there are none. */
  firstExpiry(): number | null {
    this.#first ??= this.#findFirst();
    return this.#first === Infinity ? null : Math.max(0, this.#first);
  }

  #findFirst(): number {
    let first = Infinity;
    for (const { served } of this.#byFingerprint.values()) {
      if (served.expiresAt < first) first = served.expiresAt;
    }
    return first;
  }

  #entriesOf(name: StoredName): readonly Entry<C>[] {
    return this.#byName.get(name.text) ?? [];
  }

  /** Of equally long-lived certificates the one added last is shown: the order is kept by sorting. */
  #publish(name: StoredName, entries: Entry<C>[]): void {
    const shown = entries.sort((a, b) => a.served.expiresAt - b.served.expiresAt).at(-1);
    if (shown === undefined) {
      this.#byName.delete(name.text);
      this.#trie.delete(name);
      return;
    }
    this.#byName.set(name.text, entries);
    this.#trie.set(name, shown);
  }
}
