// Self-signed certificates, made at run time: the default certificate of a listener, and for tests. Their keys
// exist in this process only.

import type { KeyPairKeyObjectResult } from "node:crypto";
import { nodeCrypto } from "../node_library.ts";
import {
  derBoolean,
  derElement,
  derInteger,
  derObjectId,
  DerTag,
  derText,
  derTime,
} from "./der_write.ts";
import type { CredentialTexts } from "../tls/credentials.ts";

const COMMON_NAME = "2.5.4.3";
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const SUBJECT_ALT_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
/** `dNSName [2]` of a GeneralName. */
const DNS_NAME = 0x82;
/** `[3] EXPLICIT Extensions` of a TBSCertificate. */
const EXTENSIONS = 0xa3;

/** The contents of a certificate. */
export interface SelfSignedFacts {
  /** The common name of subject and issuer. */
  readonly commonName: string;
  /** dNSName entries; the extension is left out without any. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A P-256 key pair for {@link createSelfSigned}. */
export function createKeys(): KeyPairKeyObjectResult {
  return nodeCrypto().generateKeyPairSync("ec", { namedCurve: "P-256" });
}

/** A certificate signed with its own key, both as PEM. */
export function createSelfSigned(
  { commonName, names, notBefore, notAfter }: SelfSignedFacts,
  { privateKey, publicKey }: KeyPairKeyObjectResult = createKeys(),
): CredentialTexts {
  const algorithm = derElement(DerTag.SEQUENCE, derObjectId(ECDSA_WITH_SHA256));
  const attribute = derElement(DerTag.SEQUENCE, derObjectId(COMMON_NAME), derText(commonName));
  const name = derElement(DerTag.SEQUENCE, derElement(DerTag.SET, attribute));
  const tbs = derElement(
    DerTag.SEQUENCE,
    derElement(DerTag.CONTEXT_0, derInteger(Uint8Array.of(2))),
    derInteger(crypto.getRandomValues(new Uint8Array(16))),
    algorithm,
    name,
    derElement(DerTag.SEQUENCE, derTime(notBefore), derTime(notAfter)),
    name,
    new Uint8Array(publicKey.export({ type: "spki", format: "der" })),
    extensions(names),
  );
  const signature = new Uint8Array(nodeCrypto().sign("sha256", tbs, privateKey));
  // No bit of the last byte is unused.
  const bits = derElement(DerTag.BIT_STRING, Uint8Array.of(0), signature);
  return {
    certificate: pem("CERTIFICATE", derElement(DerTag.SEQUENCE, tbs, algorithm, bits)),
    certificate_chain: [],
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
  };
}

function extensions(names: readonly string[]): Uint8Array {
  const list = [extension(BASIC_CONSTRAINTS, derElement(DerTag.SEQUENCE))];
  if (names.length > 0) {
    const entries = names.map((name) => derElement(DNS_NAME, new TextEncoder().encode(name)));
    list.push(extension(SUBJECT_ALT_NAME, derElement(DerTag.SEQUENCE, ...entries)));
  }
  return derElement(EXTENSIONS, derElement(DerTag.SEQUENCE, ...list));
}

function extension(id: string, value: Uint8Array): Uint8Array {
  const critical = id === BASIC_CONSTRAINTS ? [derBoolean(true)] : [];
  return derElement(
    DerTag.SEQUENCE,
    derObjectId(id),
    ...critical,
    derElement(DerTag.OCTET_STRING, value),
  );
}

function pem(label: string, der: Uint8Array): string {
  const lines = der.toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
