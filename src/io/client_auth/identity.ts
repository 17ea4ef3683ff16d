// Who a client is by its certificate, as text for backends and logs. The text is visible ASCII, and no byte of a
// certificate can pass for a separator.

import type { DerElement } from "../x509/der.ts";
import { contentsOf, hexOf, Tag, wholeChildren, wholeElement } from "../x509/der_values.ts";
import type { CertificateFields } from "../x509/certificate_fields.ts";
import { asciiName, type GeneralName, NameKind } from "../x509/general_names.ts";
import { sha256Hex } from "../x509/sha256.ts";
import type { ClientIdentity } from "../contracts.ts";

/** Longest text of a subject and of all alternative names; a longer one is left out, because a part could mislead. */
const MAX_SUBJECT_LENGTH = 1024;
const MAX_NAMES_LENGTH = 2048;

/** Short names of attributes (RFC 4514 §3) by the hexadecimal contents of their object identifiers. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  "550403": "CN",
  "550406": "C",
  "550407": "L",
  "550408": "ST",
  "550409": "STREET",
  "55040a": "O",
  "55040b": "OU",
  "550405": "serialNumber",
  "0992268993f22c640119": "DC",
  "0992268993f22c640101": "UID",
  "2a864886f70d010901": "emailAddress",
};

/** Encodings of strings by their tags. */
const ENCODINGS: Readonly<Record<number, string>> = {
  0x0c: "utf-8",
  0x13: "latin1",
  0x14: "latin1",
  0x16: "latin1",
  0x1e: "utf-16be",
};

/** The identity that a verified certificate gives. */
export function identityOf({ der, subjectDer, names }: CertificateFields): ClientIdentity {
  const subject = subjectText(subjectDer);
  const alternatives = namesText(names);
  return {
    subject: subject.length > MAX_SUBJECT_LENGTH ? "" : subject,
    names: alternatives.length > MAX_NAMES_LENGTH ? "" : alternatives,
    fingerprint: sha256Hex(der),
  };
}

/** The subject as RFC 4514 writes it: the most specific part first. */
export function subjectText(der: Uint8Array): string {
  const parts = wholeChildren(der, wholeElement(der, Tag.SEQUENCE)) ?? [];
  return parts.map((part) =>
    (wholeChildren(der, part) ?? []).map((each) => attributeText(der, each)).join("+")
  ).reverse().join(",");
}

function attributeText(der: Uint8Array, attribute: DerElement): string {
  const [oid, value] = wholeChildren(der, attribute) ?? [];
  if (oid === undefined || value === undefined) return "";
  const name = ATTRIBUTES[hexOf(der, oid)];
  const encoding = ENCODINGS[value.tag];
  // RFC 4514 §2.4: what has no short name, or is no string, is written in hexadecimal.
  if (name === undefined || encoding === undefined) {
    return `${name ?? dotted(contentsOf(der, oid))}=#${der.subarray(oid.end, value.end).toHex()}`;
  }
  return `${name}=${escapeValue(new TextDecoder(encoding).decode(contentsOf(der, value)))}`;
}

/** RFC 4514 §2.4, with every byte beyond visible ASCII as two hexadecimal digits. */
function escapeValue(text: string): string {
  const escaped = text.replace(/[",+;<>\\]/g, "\\$&").replace(/^[ #]/, "\\$&")
    .replace(/ $/, "\\ ");
  return escaped.replace(/[^\x20-\x7e]/gu, (char) => hexBytes(char, "\\"));
}

/** Each byte of the UTF-8 of a character behind `mark`. */
function hexBytes(char: string, mark: string): string {
  return new TextEncoder().encode(char).toHex().toUpperCase().replace(/../g, `${mark}$&`);
}

/** `DNS:a.test,URI:spiffe://a/b`: alternative names in order, commas and what is not visible percent-encoded. */
export function namesText(names: readonly GeneralName[]): string {
  return names.flatMap((name) => {
    const label = LABELS[name.kind];
    const value = name.kind === NameKind.IP ? addressText(name.bytes) : asciiName(name);
    if (label === undefined || value === null) return [];
    return `${label}:${value.replace(/[^!-~]|[,%]/g, (char) => percent(char))}`;
  }).join(",");
}

const LABELS: Readonly<Record<number, string>> = {
  [NameKind.DNS]: "DNS",
  [NameKind.EMAIL]: "EMAIL",
  [NameKind.URI]: "URI",
  [NameKind.IP]: "IP",
};

/** Of one byte, as names are read byte by byte. */
function percent(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

function addressText(bytes: Uint8Array): string | null {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return null;
  return bytes.toHex().match(/..../g)?.map((group) => Number(`0x${group}`).toString(16)).join(
    ":",
  ) ??
    null;
}

/** X.690 section 8.19: the first number holds two arcs, each number seven bits a byte. */
function dotted(oid: Uint8Array): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of oid) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join(".");
}
