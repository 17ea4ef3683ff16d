// The host names of a certificate (RFC 5280 §4.2.1.6), read from its DER. The text form of these fields, which the
// crypto library offers, is not escaped and could be forged, so it is not used.

import { childrenOf, type DerElement, readElement } from "./der.ts";

const SEQUENCE = 0x30;
const OBJECT_IDENTIFIER = 0x06;
const OCTET_STRING = 0x04;
const BMP_STRING = 0x1e;
const TELETEX_STRING = 0x14;
/** `[3] EXPLICIT Extensions` of a TBSCertificate. */
const EXTENSIONS = 0xa3;
/** `[0] EXPLICIT Version` of a TBSCertificate. */
const VERSION = 0xa0;
/** `dNSName [2]` of a GeneralName. */
const DNS_NAME = 0x82;

/** id-at-commonName, 2.5.4.3. */
const COMMON_NAME = "550403";
/** id-ce-subjectAltName, 2.5.29.17. */
const SUBJECT_ALT_NAME = "551d11";

/** Place of the subject after the optional version: serial, signature, issuer, validity, subject. */
const SUBJECT_INDEX = 4;

/**
 * dNSName entries of the subject alternative name, or when there are none the common names of the
 * subject; consecutive repeats dropped.
 */
export function certificateNames(der: Uint8Array): string[] {
  const certificate = readElement(der, 0, der.length);
  const tbs = certificate === null ? undefined : childrenOf(der, certificate)[0];
  if (tbs === undefined) return [];
  const fields = childrenOf(der, tbs).filter(({ tag }) => tag !== VERSION);
  const alternatives = dnsNames(der, fields.find(({ tag }) => tag === EXTENSIONS));
  const names = alternatives.length > 0 ? alternatives : commonNames(der, fields[SUBJECT_INDEX]);
  return names.filter((name, index) => name !== names[index - 1]);
}

function dnsNames(der: Uint8Array, extensions: DerElement | undefined): string[] {
  const list = extensions === undefined ? undefined : childrenOf(der, extensions)[0];
  if (list === undefined) return [];
  return childrenOf(der, list).flatMap((extension) => {
    const parts = childrenOf(der, extension);
    if (oidOf(der, parts[0]) !== SUBJECT_ALT_NAME) return [];
    const value = parts.find(({ tag }) => tag === OCTET_STRING);
    const names = value === undefined ? null : readElement(der, value.start, value.end);
    if (names === null || names.tag !== SEQUENCE) return [];
    return childrenOf(der, names).filter(({ tag }) => tag === DNS_NAME).map((each) =>
      text(der, each)
    );
  });
}

function commonNames(der: Uint8Array, subject: DerElement | undefined): string[] {
  if (subject === undefined) return [];
  const attributes = childrenOf(der, subject).flatMap((set) => childrenOf(der, set));
  return attributes.flatMap((attribute) => {
    const [oid, value] = childrenOf(der, attribute);
    return oidOf(der, oid) === COMMON_NAME && value !== undefined ? [text(der, value)] : [];
  });
}

function oidOf(der: Uint8Array, element: DerElement | undefined): string | null {
  if (element?.tag !== OBJECT_IDENTIFIER) return null;
  return der.subarray(element.start, element.end).toHex();
}

function text(der: Uint8Array, { tag, start, end }: DerElement): string {
  const encoding = tag === BMP_STRING ? "utf-16be" : tag === TELETEX_STRING ? "latin1" : "utf-8";
  return new TextDecoder(encoding).decode(der.subarray(start, end));
}
