// The names of TLS versions on the command line.

import { TlsVersion } from "../../../config/schema/messages.ts";

/** Versions a certificate may be limited to. */
export const CERTIFICATE_TLS_VERSIONS: Readonly<Record<string, TlsVersion>> = {
  TLSv1: TlsVersion.TLS_V1_0,
  TLS_V11: TlsVersion.TLS_V1_1,
  TLS_V12: TlsVersion.TLS_V1_2,
  TLS_V13: TlsVersion.TLS_V1_3,
};

/** Versions a listener accepts by name, including two that are not supported any more. */
export const LISTENER_TLS_VERSIONS: Readonly<Record<string, TlsVersion>> = {
  SSL_V2: TlsVersion.SSL_V2,
  SSL_V3: TlsVersion.SSL_V3,
  ...CERTIFICATE_TLS_VERSIONS,
};

/** The name of a version as typed on the command line; unknown numbers are shown as such. */
export function versionName(version: TlsVersion): string {
  const found = Object.entries(LISTENER_TLS_VERSIONS).find(([, number]) => number === version);
  return found?.[0] ?? `unknown (${version})`;
}
