// Signatures of certificates and revocation lists (RFC 5280 §4.1.1.2), verified by the crypto library of the runtime.
// Accepted are the algorithms that the TLS library accepts: no MD5, no SHA-1, no DSA.

import type { KeyObject } from "node:crypto";
import { nodeCrypto } from "../node_library.ts";
import type { DerElement } from "./der.ts";
import {
  hexOf,
  innerElement,
  readSmallInteger,
  Tag,
  wholeChildren,
  wholeElement,
} from "./der_values.ts";

/** What was signed, how, and the signature. */
export interface Signed {
  /** The DER that the signature is over. */
  readonly content: Uint8Array;
  /** The DER of the AlgorithmIdentifier. */
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
}

interface Algorithm {
  readonly hash: string | null;
  readonly keys: "rsa" | "ec" | "ed25519";
  /** Of RSASSA-PSS; `null` for the others. */
  readonly saltBytes: number | null;
}

/** By the hexadecimal contents of the object identifier (RFC 4055, RFC 5758, RFC 8410). */
const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  "2a864886f70d01010b": { hash: "sha256", keys: "rsa", saltBytes: null },
  "2a864886f70d01010c": { hash: "sha384", keys: "rsa", saltBytes: null },
  "2a864886f70d01010d": { hash: "sha512", keys: "rsa", saltBytes: null },
  "2a8648ce3d040302": { hash: "sha256", keys: "ec", saltBytes: null },
  "2a8648ce3d040303": { hash: "sha384", keys: "ec", saltBytes: null },
  "2a8648ce3d040304": { hash: "sha512", keys: "ec", saltBytes: null },
  "2b6570": { hash: null, keys: "ed25519", saltBytes: null },
};

const RSASSA_PSS = "2a864886f70d01010a";
/** Hashes of RSASSA-PSS by the hexadecimal contents of their object identifiers. */
const HASHES: Readonly<Record<string, readonly [hash: string, bytes: number]>> = {
  "608648016503040201": ["sha256", 32],
  "608648016503040202": ["sha384", 48],
  "608648016503040203": ["sha512", 64],
};

/** Shortest RSA key that is trusted, in bits. */
const MIN_RSA_BITS = 2048;

/** A public key from its SubjectPublicKeyInfo; `null` when the library cannot use it. */
export function publicKeyOf(info: Uint8Array): KeyObject | null {
  try {
    const { createPublicKey } = nodeCrypto();
    // The library asks for a Buffer where it means bytes.
    const bytes = globalThis.process.getBuiltinModule("node:buffer").Buffer.from(info);
    const key = createPublicKey({ key: bytes, format: "der", type: "spki" });
    const bits = key.asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS;
    return key.asymmetricKeyType === "rsa" && bits < MIN_RSA_BITS ? null : key;
  } catch {
    return null;
  }
}

/** Whether the owner of `key` made the signature. */
export function isSignedBy({ content, algorithm, signature }: Signed, key: KeyObject): boolean {
  const used = readAlgorithm(algorithm);
  if (used === null || key.asymmetricKeyType !== used.keys) return false;
  const { verify, constants } = nodeCrypto();
  try {
    if (used.keys !== "rsa") return verify(used.hash, content, key, signature);
    return verify(used.hash, content, {
      key,
      padding: used.saltBytes === null
        ? constants.RSA_PKCS1_PADDING
        : constants.RSA_PKCS1_PSS_PADDING,
      ...(used.saltBytes === null ? {} : { saltLength: used.saltBytes }),
    }, signature);
  } catch {
    return false;
  }
}

function readAlgorithm(der: Uint8Array): Algorithm | null {
  const [oid, parameters, more] = wholeChildren(der, wholeElement(der, Tag.SEQUENCE)) ?? [];
  if (oid?.tag !== Tag.OBJECT_IDENTIFIER || more !== undefined) return null;
  const id = hexOf(der, oid);
  if (id !== RSASSA_PSS) return ALGORITHMS[id] ?? null;
  return parameters === undefined ? null : readPss(der, parameters);
}

/** RFC 4055 §3.1: the hash is the first parameter; the salt must be as long as the hash. */
function readPss(der: Uint8Array, parameters: DerElement): Algorithm | null {
  const fields = wholeChildren(der, parameters) ?? [];
  const hash = fields.find(({ tag }) => tag === 0xa0);
  const salt = fields.find(({ tag }) => tag === 0xa2);
  if (hash === undefined || salt === undefined) return null;
  const [oid] = wholeChildren(der, innerElement(der, hash)) ?? [];
  const known = oid === undefined ? undefined : HASHES[hexOf(der, oid)];
  const length = innerElement(der, salt);
  const saltBytes = length === null ? null : readSmallInteger(der, length);
  if (known === undefined || saltBytes !== known[1]) return null;
  return { hash: known[0], keys: "rsa", saltBytes };
}
