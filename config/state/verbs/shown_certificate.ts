// Which certificate of an address a name is shown, by the rule of the workers: the exact name before the wildcard, of
// those the longest-lived, and of equally long-lived ones the one that was added last.

import type { StoredCertificate } from "../certificates.ts";

/** A certificate and the name of it that covers the one asked for. */
export interface ShownCertificate {
  readonly name: string;
  readonly stored: StoredCertificate;
}

/** What a handshake for `domain` gets of `stored`, in the order of their addition; `null` for the default one. */
export function shownCertificate(
  stored: readonly StoredCertificate[],
  domain: string,
): ShownCertificate | null {
  const name = domain.toLowerCase().replace(/\.$/, "");
  const dot = name.indexOf(".");
  const wildcard = dot < 0 ? "*" : `*${name.slice(dot)}`;
  return longestLived(stored, name) ?? (dot === 0 ? null : longestLived(stored, wildcard));
}

function longestLived(stored: readonly StoredCertificate[], name: string): ShownCertificate | null {
  let best: StoredCertificate | null = null;
  for (const one of stored) {
    const { names } = one.certificate;
    if (!names.some((each) => each.replace(/\.$/, "") === name)) continue;
    if (best === null || one.expiresAt >= best.expiresAt) best = one;
  }
  return best === null ? null : { name, stored: best };
}
