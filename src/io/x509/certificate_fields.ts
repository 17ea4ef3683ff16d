// What decides whether a certificate is trusted (RFC 5280 §4.1), read from its DER. Whatever is critical and not
// understood is a reason to refuse it.

import type { DerElement } from "./der.ts";
import {
  hexOf,
  innerElement,
  readBits,
  readBoolean,
  readSmallInteger,
  readTime,
  Tag,
  wholeChildren,
  wholeElement,
  withHeader,
} from "./der_values.ts";
import { type Extension, ExtensionId, readExtensions } from "./extensions.ts";
import { type GeneralName, readGeneralNames } from "./general_names.ts";
import { type NameConstraints, readNameConstraints } from "./name_constraints.ts";
import { readDistributionPoints } from "./distribution_points.ts";
import type { Signed } from "./signature.ts";

/** Bits of the key usage (RFC 5280 §4.2.1.3). */
export const KeyUsage = {
  DIGITAL_SIGNATURE: 1 << 0,
  KEY_CERT_SIGN: 1 << 5,
  CRL_SIGN: 1 << 6,
} as const;

/** What extensions say; `null` for those that are not there. */
export interface CertificateExtensions {
  isAuthority: boolean;
  /** Most authorities below this one. */
  pathLength: number | null;
  /** A mask of {@link KeyUsage}. */
  keyUsage: number | null;
  /** Object identifiers of the extended key usage, hexadecimal. */
  purposes: readonly string[] | null;
  names: readonly GeneralName[];
  constraints: NameConstraints | null;
  /** Keys of the names of the distribution points. */
  distributionPoints: readonly string[] | null;
}

/** A certificate that was read. */
export interface CertificateFields extends CertificateExtensions {
  readonly der: Uint8Array;
  /** 1 to 3. */
  readonly version: number;
  /** Hexadecimal. */
  readonly serial: string;
  /** Hexadecimal DER. */
  readonly issuer: string;
  readonly subject: string;
  readonly subjectDer: Uint8Array;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** The DER of the SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly signed: Signed;
}

const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

/** Reads a certificate; a string tells why it is refused. */
export function readCertificateFields(der: Uint8Array): CertificateFields | string {
  const parts = wholeChildren(der, wholeElement(der, Tag.SEQUENCE));
  const [tbs, algorithm, bits] = parts ?? [];
  if (tbs?.tag !== Tag.SEQUENCE || algorithm === undefined || bits === undefined) return MALFORMED;
  const outer = wholeElement(der, Tag.SEQUENCE) as DerElement;
  const signed = signedPart(der, outer.start, tbs, algorithm, bits);
  const fields = wholeChildren(der, tbs);
  if (signed === null || fields === null || parts?.length !== 3) return MALFORMED;
  const [first] = fields;
  const hasVersion = first?.tag === VERSION;
  const version = hasVersion ? readVersion(der, first) : 1;
  const [serial, inner, issuer, validity, subject, key, ...rest] = hasVersion
    ? fields.slice(1)
    : fields;
  if (serial === undefined || inner === undefined || issuer?.tag !== Tag.SEQUENCE) return MALFORMED;
  if (validity === undefined || subject?.tag !== Tag.SEQUENCE || key === undefined) {
    return MALFORMED;
  }
  if (version === null || serial.tag !== Tag.INTEGER) return MALFORMED;
  // RFC 5280 §4.1.1.2: the signature covers its own algorithm.
  if (withHeader(der, serial.end, inner).toHex() !== signed.algorithm.toHex()) return MALFORMED;
  const [notBefore = null, notAfter = null] = readValidity(der, validity);
  if (notBefore === null || notAfter === null) return "its validity is malformed";
  const extensions = readAll(der, rest.find(({ tag }) => tag === EXTENSIONS));
  if (typeof extensions === "string") return extensions;
  return {
    ...extensions,
    der,
    version,
    serial: hexOf(der, serial),
    issuer: withHeader(der, inner.end, issuer).toHex(),
    subject: withHeader(der, validity.end, subject).toHex(),
    subjectDer: withHeader(der, validity.end, subject),
    notBefore,
    notAfter,
    publicKey: withHeader(der, subject.end, key),
    signed,
  };
}

const MALFORMED = "it is malformed";

/** The parts of a signed structure whose first part begins at `start`; `null` when the signature is malformed. */
export function signedPart(
  der: Uint8Array,
  start: number,
  content: DerElement,
  algorithm: DerElement,
  bits: DerElement,
): Signed | null {
  // No bit of the last byte may be unused.
  if (bits.tag !== Tag.BIT_STRING || der[bits.start] !== 0) return null;
  return {
    content: der.subarray(start, content.end),
    algorithm: withHeader(der, content.end, algorithm),
    signature: der.subarray(bits.start + 1, bits.end),
  };
}

function readVersion(der: Uint8Array, tagged: DerElement): number | null {
  const number = innerElement(der, tagged);
  const value = number === null ? null : readSmallInteger(der, number);
  return value === null || value > 2 ? null : value + 1;
}

function readValidity(der: Uint8Array, validity: DerElement): (number | null)[] {
  const times = wholeChildren(der, validity) ?? [];
  return times.length === 2 ? times.map((time) => readTime(der, time)) : [null, null];
}

function readAll(der: Uint8Array, tagged: DerElement | undefined): CertificateExtensions | string {
  const found: CertificateExtensions = {
    isAuthority: false,
    pathLength: null,
    keyUsage: null,
    purposes: null,
    names: [],
    constraints: null,
    distributionPoints: null,
  };
  const extensions = tagged === undefined ? [] : readExtensions(der, tagged);
  if (typeof extensions === "string") return extensions;
  for (const extension of extensions) {
    const read = readInto(found, extension);
    if (read === "unknown" && extension.critical) {
      return `its critical extension ${extension.id} is not understood`;
    }
    if (read === "malformed") return `its extension ${extension.id} is malformed`;
  }
  return found;
}

type Read = "known" | "unknown" | "malformed";

function readInto(into: CertificateExtensions, { id, value }: Extension): Read {
  switch (id) {
    case ExtensionId.BASIC_CONSTRAINTS:
      return readBasicConstraints(into, value);
    case ExtensionId.KEY_USAGE: {
      const bits = wholeElement(value, Tag.BIT_STRING);
      into.keyUsage = bits === null ? null : readBits(value, bits);
      return into.keyUsage === null ? "malformed" : "known";
    }
    case ExtensionId.EXTENDED_KEY_USAGE: {
      const list = wholeChildren(value, wholeElement(value, Tag.SEQUENCE));
      into.purposes = list === null ? null : list.map((oid) => hexOf(value, oid));
      return into.purposes === null ? "malformed" : "known";
    }
    case ExtensionId.SUBJECT_ALT_NAME: {
      const list = wholeElement(value, Tag.SEQUENCE);
      const names = list === null ? null : readGeneralNames(value, list);
      into.names = names ?? [];
      return names === null ? "malformed" : "known";
    }
    case ExtensionId.NAME_CONSTRAINTS:
      into.constraints = readNameConstraints(value);
      return into.constraints === null ? "malformed" : "known";
    case ExtensionId.CRL_DISTRIBUTION_POINTS:
      into.distributionPoints = readDistributionPoints(value);
      return into.distributionPoints === null ? "malformed" : "known";
    default:
      return "unknown";
  }
}

function readBasicConstraints(into: CertificateExtensions, value: Uint8Array): Read {
  const parts = wholeChildren(value, wholeElement(value, Tag.SEQUENCE));
  if (parts === null || parts.length > 2) return "malformed";
  const [first, second] = parts;
  if (first === undefined) return "known";
  const isAuthority = readBoolean(value, first);
  const length = second === undefined ? null : readSmallInteger(value, second);
  if (isAuthority === null || (second !== undefined && length === null)) return "malformed";
  into.isAuthority = isAuthority;
  into.pathLength = length;
  return "known";
}

/** Contents of the id-kp-clientAuth object identifier (RFC 5280 §4.2.1.12), hexadecimal. */
export const CLIENT_AUTH = "2b06010505070302";
