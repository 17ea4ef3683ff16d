// The extensions of certificates and revocation lists (RFC 5280 §4.2, §5.2) as they are found: which, whether critical,
// and their value. What a value means is read elsewhere.

import type { DerElement } from "./der.ts";
import { contentsOf, hexOf, innerElement, readBoolean, Tag, wholeChildren } from "./der_values.ts";

/** Object identifiers of the extensions that are read, as the contents of their DER in hexadecimal. */
export const ExtensionId = {
  SUBJECT_KEY_ID: "551d0e",
  KEY_USAGE: "551d0f",
  SUBJECT_ALT_NAME: "551d11",
  BASIC_CONSTRAINTS: "551d13",
  CRL_NUMBER: "551d14",
  REASON_CODE: "551d15",
  INVALIDITY_DATE: "551d18",
  DELTA_CRL: "551d1b",
  ISSUING_DISTRIBUTION_POINT: "551d1c",
  NAME_CONSTRAINTS: "551d1e",
  CRL_DISTRIBUTION_POINTS: "551d1f",
  AUTHORITY_KEY_ID: "551d23",
  EXTENDED_KEY_USAGE: "551d25",
} as const;

/** One extension; its value is the contents of the octet string. */
export interface Extension {
  readonly id: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** Most extensions of one certificate or list; usual ones have a dozen. */
const MAX_EXTENSIONS = 64;

/** The extensions in the explicit tag around their list; a string tells what is malformed. */
export function readExtensions(bytes: Uint8Array, tagged: DerElement): Extension[] | string {
  return readExtensionList(bytes, innerElement(bytes, tagged));
}

/** The extensions of a list. */
export function readExtensionList(
  bytes: Uint8Array,
  list: DerElement | null,
): Extension[] | string {
  const elements = list?.tag === Tag.SEQUENCE ? wholeChildren(bytes, list) : null;
  if (elements === null || elements.length > MAX_EXTENSIONS) return "its extensions are malformed";
  const found: Extension[] = [];
  for (const element of elements) {
    const extension = readExtension(bytes, element);
    if (extension === null) return "an extension is malformed";
    // RFC 5280 §4.2: an extension may be there once.
    if (found.some(({ id }) => id === extension.id)) {
      return `extension ${extension.id} is there twice`;
    }
    found.push(extension);
  }
  return found;
}

function readExtension(bytes: Uint8Array, element: DerElement): Extension | null {
  const parts = element.tag === Tag.SEQUENCE ? wholeChildren(bytes, element) : null;
  const [oid, second, third] = parts ?? [];
  if (oid?.tag !== Tag.OBJECT_IDENTIFIER || second === undefined) return null;
  const critical = third === undefined ? false : readBoolean(bytes, second);
  const value = third ?? second;
  if (critical === null || value.tag !== Tag.OCTET_STRING || (parts?.length ?? 0) > 3) return null;
  return { id: hexOf(bytes, oid), critical, value: contentsOf(bytes, value) };
}
