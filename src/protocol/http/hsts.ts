// HTTP Strict Transport Security (RFC 6797): turns a configured policy into the bytes of the header
// and says which of two policies holds. Knows nothing of listeners; that HSTS is for HTTPS only is
// checked where a frontend is added.

import { asciiBytes } from "../../bytes/ascii.ts";

/** Name of the header as it is sent. */
export const HSTS_NAME = "strict-transport-security";

/** A configured policy; has the shape of the `HstsConfig` message. */
export interface HstsSettings {
  /** False suppresses an inherited policy. */
  readonly enabled?: boolean;
  /** Seconds; 0 tells clients to forget the policy. */
  readonly max_age?: number;
  readonly include_subdomains?: boolean;
  readonly preload?: boolean;
  /** Replace the header of the backend instead of keeping it. */
  readonly force_replace_backend?: boolean;
}

/** A policy that is in force on a route, rendered. */
export interface HstsHeader {
  /** The value as text and as bytes. */
  readonly text: string;
  readonly value: Uint8Array;
  /** The whole header line, ends in CRLF. */
  readonly line: Uint8Array;
  readonly replacesBackend: boolean;
}

/** RFC 6797 section 6.1. Null when the policy is off or lacks a maximum age. */
export function renderHsts(settings: HstsSettings | null): HstsHeader | null {
  if (settings === null || settings.enabled !== true || settings.max_age === undefined) return null;
  let text = `max-age=${settings.max_age}`;
  if (settings.include_subdomains === true) text += "; includeSubDomains";
  if (settings.preload === true) text += "; preload";
  return {
    text,
    value: asciiBytes(text),
    line: asciiBytes(`${HSTS_NAME}: ${text}\r\n`),
    replacesBackend: settings.force_replace_backend === true,
  };
}

/** Headers of a response we make ourselves, with exactly one HSTS header when `hsts` is given. */
export function withHsts(
  headers: readonly { readonly name: string; readonly value: string }[],
  hsts: HstsHeader | null,
): readonly { readonly name: string; readonly value: string }[] {
  if (hsts === null) return headers;
  const isHsts = ({ name }: { readonly name: string }) => name.toLowerCase() === HSTS_NAME;
  if (!hsts.replacesBackend && headers.some(isHsts)) return headers;
  return [...headers.filter((header) => !isHsts(header)), { name: HSTS_NAME, value: hsts.text }];
}
