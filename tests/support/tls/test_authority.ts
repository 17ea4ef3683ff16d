// A certificate authority for tests: issues certificates for clients, also wrong ones, and revocation lists. Keys are
// P-256 and exist in the test process only.

import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
  sign,
} from "node:crypto";
import {
  derBoolean,
  derElement,
  derInteger,
  derObjectId,
  DerTag,
  derText,
  derTime,
} from "../../../src/io/x509/der_write.ts";

const DAY_MS = 24 * 3600 * 1000;
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/** What a test may choose of a certificate. */
export interface IssueOptions {
  readonly commonName?: string;
  /** Relative to now, in days. */
  readonly days?: readonly [from: number, to: number];
  /** Object identifiers of the extended key usage; `null` leaves it out. */
  readonly purposes?: readonly string[] | null;
  readonly isAuthority?: boolean;
  readonly pathLength?: number;
  /** The contents of the key usage's bit string after its unused bits. */
  readonly keyUsage?: number;
  /** GeneralName elements. */
  readonly names?: readonly Uint8Array[];
  /** GeneralName elements. */
  readonly permitted?: readonly Uint8Array[];
  readonly excluded?: readonly Uint8Array[];
  /** URIs. */
  readonly distributionPoints?: readonly string[];
  /** One more extension, critical. */
  readonly critical?: string;
  readonly version?: 1 | 3;
}

/** A certificate with its key, both PEM. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly der: Uint8Array;
  readonly key: string;
  readonly serial: number;
}

/** What a test may choose of a revocation list. */
export interface ListOptions {
  readonly revoked?: readonly IssuedCertificate[];
  /** Milliseconds from now. */
  readonly nextUpdateMs?: number;
  /** URI of the issuing distribution point. */
  readonly point?: string;
  readonly only?: "users" | "authorities";
  /** Leaves nextUpdate out. */
  readonly endless?: boolean;
  /** Tag of a flag of the issuing distribution point that no list here may have. */
  readonly flag?: number;
}

/** A GeneralName of a kind, such as 2 for a host name. */
export function generalName(kind: number, value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return derElement((kind === 4 ? 0xa0 : 0x80) | kind, bytes);
}

/** An authority: listed itself, or below another one. */
export class TestAuthority {
  readonly name: Uint8Array;
  readonly certificate: string;
  readonly der: Uint8Array;
  readonly #keys = createKeys();
  #serial = 1;

  constructor(commonName: string, parent?: TestAuthority, options: IssueOptions = {}) {
    this.name = nameOf(commonName);
    const issued = (parent ?? this).#make(this.name, this.#keys, {
      isAuthority: true,
      purposes: null,
      keyUsage: 0x06,
      ...options,
    });
    this.certificate = issued.certificate;
    this.der = issued.der;
  }

  /** A certificate for a client, valid for a day, unless told otherwise. */
  issue(options: IssueOptions = {}): IssuedCertificate {
    return this.#make(nameOf(options.commonName ?? "client"), createKeys(), options);
  }

  /** A revocation list, PEM. */
  list(options: ListOptions = {}): string {
    const { revoked = [], nextUpdateMs = DAY_MS, endless = false } = options;
    const now = Date.now();
    const entries = revoked.map(({ serial }) =>
      derElement(DerTag.SEQUENCE, integer(serial), derTime(new Date(now - DAY_MS)))
    );
    const tbs = derElement(
      DerTag.SEQUENCE,
      integer(1),
      ALGORITHM,
      this.name,
      derTime(new Date(now - DAY_MS)),
      ...(endless ? [] : [derTime(new Date(now + nextUpdateMs))]),
      ...(entries.length === 0 ? [] : [derElement(DerTag.SEQUENCE, ...entries)]),
      derElement(DerTag.CONTEXT_0, derElement(DerTag.SEQUENCE, ...listExtensions(options))),
    );
    return pem("X509 CRL", this.#signed(tbs));
  }

  #make(
    subject: Uint8Array,
    { privateKey, publicKey }: KeyPairKeyObjectResult,
    options: IssueOptions,
  ): IssuedCertificate {
    const [from, to] = options.days ?? [-1, 1];
    const serial = ++this.#serial;
    const list = certificateExtensions(options);
    const tbs = derElement(
      DerTag.SEQUENCE,
      ...(options.version === 1 ? [] : [derElement(DerTag.CONTEXT_0, integer(2))]),
      integer(serial),
      ALGORITHM,
      this.name,
      derElement(
        DerTag.SEQUENCE,
        derTime(new Date(Date.now() + from * DAY_MS)),
        derTime(new Date(Date.now() + to * DAY_MS)),
      ),
      subject,
      new Uint8Array(publicKey.export({ type: "spki", format: "der" })),
      ...(options.version === 1 ? [] : [derElement(0xa3, derElement(DerTag.SEQUENCE, ...list))]),
    );
    const der = this.#signed(tbs);
    const key = String(privateKey.export({ type: "pkcs8", format: "pem" }));
    return { certificate: pem("CERTIFICATE", der), der, key, serial };
  }

  #signed(tbs: Uint8Array): Uint8Array {
    const signature = new Uint8Array(sign("sha256", tbs, this.#keys.privateKey));
    const bits = derElement(DerTag.BIT_STRING, Uint8Array.of(0), signature);
    return derElement(DerTag.SEQUENCE, tbs, ALGORITHM, bits);
  }
}

/**
 * The certificate with a key that claims to be its own and is another's: its public part is that of the
 * certificate, so that programs which compare public parts take it.
 */
export function withForgedKey({ key }: IssuedCertificate): string {
  const own = createPrivateKey(key).export({ format: "jwk" });
  const other = createKeys().privateKey.export({ format: "jwk" });
  const [d, x, y] = [other.d, own.x, own.y].map((part) =>
    Uint8Array.fromBase64(part ?? "", { alphabet: "base64url" })
  ) as [Uint8Array, Uint8Array, Uint8Array];
  const point = new Uint8Array([0, 4, ...x, ...y]);
  const der = derElement(
    DerTag.SEQUENCE,
    integer(1),
    derElement(DerTag.OCTET_STRING, d),
    derElement(DerTag.CONTEXT_0, derObjectId("1.2.840.10045.3.1.7")),
    derElement(0xa1, derElement(DerTag.BIT_STRING, point)),
  );
  return pem("EC PRIVATE KEY", der);
}

const ALGORITHM = derElement(DerTag.SEQUENCE, derObjectId("1.2.840.10045.4.3.2"));

function createKeys(): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function nameOf(commonName: string): Uint8Array {
  const attribute = derElement(DerTag.SEQUENCE, derObjectId("2.5.4.3"), derText(commonName));
  return derElement(DerTag.SEQUENCE, derElement(DerTag.SET, attribute));
}

function integer(value: number): Uint8Array {
  return derInteger(
    Uint8Array.of(value >> 24 & 0xff, value >> 16 & 0xff, value >> 8 & 0xff, value & 0xff),
  );
}

function extension(id: string, isCritical: boolean, value: Uint8Array): Uint8Array {
  return derElement(
    DerTag.SEQUENCE,
    derObjectId(id),
    ...(isCritical ? [derBoolean(true)] : []),
    derElement(DerTag.OCTET_STRING, value),
  );
}

function certificateExtensions(options: IssueOptions): Uint8Array[] {
  const { isAuthority = false, pathLength, purposes = [CLIENT_AUTH], names = [] } = options;
  const { permitted = [], excluded = [], distributionPoints = [], keyUsage, critical } = options;
  const basic = derElement(
    DerTag.SEQUENCE,
    ...(isAuthority ? [derBoolean(true)] : []),
    ...(pathLength === undefined ? [] : [integer(pathLength)]),
  );
  const list = [extension("2.5.29.19", true, basic)];
  if (keyUsage !== undefined) {
    const bits = derElement(DerTag.BIT_STRING, Uint8Array.of(0, keyUsage));
    list.push(extension("2.5.29.15", true, bits));
  }
  if (purposes !== null) {
    const value = derElement(DerTag.SEQUENCE, ...purposes.map(derObjectId));
    list.push(extension("2.5.29.37", false, value));
  }
  if (names.length > 0) {
    list.push(extension("2.5.29.17", false, derElement(DerTag.SEQUENCE, ...names)));
  }
  if (permitted.length + excluded.length > 0) {
    const subtrees = (tag: number, all: readonly Uint8Array[]) =>
      all.length === 0
        ? []
        : [derElement(tag, ...all.map((name) => derElement(DerTag.SEQUENCE, name)))];
    const value = derElement(
      DerTag.SEQUENCE,
      ...subtrees(0xa0, permitted),
      ...subtrees(0xa1, excluded),
    );
    list.push(extension("2.5.29.30", true, value));
  }
  if (distributionPoints.length > 0) {
    const points = distributionPoints.map((uri) => derElement(DerTag.SEQUENCE, pointOf(uri)));
    list.push(extension("2.5.29.31", false, derElement(DerTag.SEQUENCE, ...points)));
  }
  if (critical !== undefined) list.push(extension(critical, true, derElement(DerTag.SEQUENCE)));
  return list;
}

function listExtensions({ point, only, flag }: ListOptions): Uint8Array[] {
  const number = extension("2.5.29.20", false, integer(1));
  const set = Uint8Array.of(0xff);
  const parts = [
    ...(point === undefined ? [] : [pointOf(point)]),
    ...(only === "users" ? [derElement(0x81, set)] : []),
    ...(only === "authorities" ? [derElement(0x82, set)] : []),
    ...(flag === undefined ? [] : [derElement(flag, set)]),
  ];
  if (parts.length === 0) return [number];
  return [number, extension("2.5.29.28", true, derElement(DerTag.SEQUENCE, ...parts))];
}

/** distributionPoint [0] { fullName [0] { uri } }. */
function pointOf(uri: string): Uint8Array {
  return derElement(0xa0, derElement(0xa0, generalName(6, uri)));
}

function pem(label: string, der: Uint8Array): string {
  const lines = der.toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
