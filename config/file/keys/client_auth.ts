// The keys of HTTPS listeners about certificates of clients. Whether authorities and revocation lists can be used is
// checked when the file is tried.

import { arrayOf, boolean, oneOf, path, text } from "../fields.ts";
import type { Problems } from "../problem.ts";
import type { FileSources } from "../sources.ts";
import { defaulted, optional, tableOf, type TableReading } from "../table.ts";
import { ClientAuthMode, type HttpsListenerConfig } from "../../schema/messages.ts";
import { presentFields } from "../../values/present_fields.ts";

const NEEDS_HTTPS = "Certificates of clients need TLS, accepted: an 'https' listener";
const HTTPS = {
  only: ["https"],
  refusedOn: { http: NEEDS_HTTPS, tcp: NEEDS_HTTPS, udp: NEEDS_HTTPS },
};

const clientAuth = oneOf<ClientAuthMode>({
  none: ClientAuthMode.CLIENT_AUTH_NONE,
  optional: ClientAuthMode.CLIENT_AUTH_OPTIONAL,
  required: ClientAuthMode.CLIENT_AUTH_REQUIRED,
});

/** Keys of `client_certificate_headers`. */
export const CLIENT_HEADER_KEYS = {
  subject: optional(text, "header with the subject (RFC 4514)"),
  names: optional(text, "header with the alternative names, such as DNS:a.test,URI:spiffe://a/b"),
  fingerprint: optional(text, "header with the SHA-256 of the certificate, hexadecimal"),
  verified: optional(text, "header that says SUCCESS, or NONE without a certificate"),
};

/** Keys of HTTPS listeners about certificates of clients. */
export const CLIENT_AUTH_KEYS = {
  client_auth: optional(
    clientAuth,
    "whether clients must, may or need not show a certificate",
    HTTPS,
  ),
  client_ca_certificates: defaulted(
    arrayOf(path),
    [],
    "authorities that may issue them, PEM files",
    HTTPS,
  ),
  client_ca_crls: defaulted(arrayOf(path), [], "what these have revoked, PEM files", HTTPS),
  client_certificate_headers: optional(
    tableOf(CLIENT_HEADER_KEYS),
    "headers that tell backends who the client is; clients cannot set them",
    { only: ["http", "https"] },
  ),
  log_client_certificate: optional(
    boolean,
    "access logs name the certificate of the client",
    HTTPS,
  ),
};

type Reading = Pick<TableReading<typeof CLIENT_AUTH_KEYS>, "values" | "at" | "has">;

/** The headers about certificates of clients, of both kinds of listeners that speak HTTP. */
export function clientHeaders(
  { values: { client_certificate_headers: headers } }: Pick<Reading, "values">,
): Pick<HttpsListenerConfig, "client_certificate_headers"> {
  return headers === undefined ? {} : { client_certificate_headers: presentFields(headers.values) };
}

/** The other fields of an HTTPS listener that the keys fill. */
export function clientAuthFields(
  { values, at }: Reading,
  sources: FileSources,
  problems: Problems,
): Partial<HttpsListenerConfig> {
  const { client_auth, log_client_certificate } = values;
  const told = presentFields({ client_auth, log_client_certificate });
  const files = ["client_ca_certificates", "client_ca_crls"] as const;
  const given = files.find((key) => values[key].length > 0);
  if (client_auth === undefined || client_auth === ClientAuthMode.CLIENT_AUTH_NONE) {
    if (given === undefined) return told;
    if (client_auth === undefined) {
      problems.error(
        at(given),
        'Needs \'client_auth\', accepted: "optional" or "required" beside it',
      );
    } else {
      problems.warn(at(given), 'Has no effect with client_auth = "none": the files are not read');
    }
    return told;
  }
  const read = (key: typeof files[number]) =>
    values[key].flatMap((path) => sources.required(path, at(key)) ?? []);
  return {
    ...told,
    client_ca_certificates: read("client_ca_certificates"),
    client_ca_crls: read("client_ca_crls"),
  };
}
