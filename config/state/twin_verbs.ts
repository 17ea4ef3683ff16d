// Verbs that exist twice. A program that does not know a field steps over it: a route without its guard, a listener
// without its client certificates, a backend behind the wrong address. Values with such fields therefore travel under
// a verb of their own, which the same program does not know either. Both verbs of a pair mean the same here.

import { ClientAuthMode, RedirectPolicy, type Request } from "../schema/messages.ts";
import type { Verb, VerbKind } from "./verb.ts";

/** The older verb of each pair, by the younger one. */
export const OLDER_TWIN = {
  add_https_listener_with_client_auth: "add_https_listener",
  update_https_listener_with_client_auth: "update_https_listener",
  add_http_frontend_with_header_predicates: "add_http_frontend",
  remove_http_frontend_with_header_predicates: "remove_http_frontend",
  add_https_frontend_with_header_predicates: "add_https_frontend",
  remove_https_frontend_with_header_predicates: "remove_https_frontend",
  add_http_frontend_with_silent_close: "add_http_frontend",
  add_https_frontend_with_silent_close: "add_https_frontend",
  add_unix_backend: "add_backend",
} as const satisfies Partial<Record<VerbKind, VerbKind>>;

/** A verb that has an older twin. */
export type YoungerTwin = keyof typeof OLDER_TWIN;

/** A verb in the words in which this program works: no younger twin. */
export type PlainVerb = Exclude<Verb, { kind: YoungerTwin }>;

/** The older verb of a pair; every other verb as it is. */
export function plainVerb(verb: Verb): PlainVerb {
  const kind = plainKind(verb.kind);
  return kind === verb.kind ? verb as PlainVerb : { kind, value: verb.value } as PlainVerb;
}

/** The name of {@link plainVerb}. */
export function plainKind(kind: VerbKind): PlainVerb["kind"] {
  const older: Partial<Record<VerbKind, PlainVerb["kind"]>> = OLDER_TWIN;
  return older[kind] ?? kind as PlainVerb["kind"];
}

/** The verb of a pair that the value calls for, as others must be sent it; every other verb as it is. */
export function canonicalVerb(verb: Verb): Verb {
  const { kind, value } = plainVerb(verb);
  switch (kind) {
    case "add_https_listener": {
      const asks = (value.client_auth ?? ClientAuthMode.CLIENT_AUTH_NONE) !==
        ClientAuthMode.CLIENT_AUTH_NONE;
      return { kind: asks ? "add_https_listener_with_client_auth" : kind, value };
    }
    case "update_https_listener": {
      const asks = value.client_auth_policy !== undefined;
      return { kind: asks ? "update_https_listener_with_client_auth" : kind, value };
    }
    case "add_http_frontend":
    case "add_https_frontend":
      if (value.header_predicates.length > 0) {
        return { kind: `${kind}_with_header_predicates`, value };
      }
      if (value.redirect === RedirectPolicy.SILENT_CLOSE) {
        return { kind: `${kind}_with_silent_close`, value };
      }
      return { kind, value };
    case "remove_http_frontend":
    case "remove_https_frontend":
      if (value.header_predicates.length === 0) return { kind, value };
      return { kind: `${kind}_with_header_predicates`, value };
    case "add_backend":
      return { kind: value.unix_path === undefined ? kind : "add_unix_backend", value };
    default:
      return verb;
  }
}

/** Wraps a verb into a request, under the name that its value calls for. */
export function requestOf(verb: Verb): Request {
  return { request_type: canonicalVerb(verb) };
}
