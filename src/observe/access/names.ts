// Names, tags and addresses of the access log, encoded once for the many lines they are in.

import type { LoggedAddress, LoggedClient, LoggedName, LoggedTags } from "./record.ts";
import { stringField } from "./protobuf_bytes.ts";
import { safeText } from "../log/safe_text.ts";

const encoder = new TextEncoder();

/** What may end a field or its brackets. */
const FIELD_BREAKING = /[\s[\]]/g;

/** A name; `null` for none and for an empty one, which a line could not show. */
export function loggedName(name: string | null | undefined): LoggedName | null {
  if (name === null || name === undefined || name === "") return null;
  const safe = safeText(name);
  return {
    plain: encoder.encode(safe.replace(FIELD_BREAKING, "_")),
    json: encoder.encode(JSON.stringify(safe)),
    raw: encoder.encode(name),
  };
}

/** Field number of the tags in ProtobufAccessLog. */
const TAGS_FIELD = 17;

/** Tags; `null` when there are none. */
export function loggedTags(tags: ReadonlyMap<string, string>): LoggedTags | null {
  if (tags.size === 0) return null;
  const sorted = [...tags].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  const plain = sorted.map(([key, value]) =>
    `${tagText(key).replaceAll("=", "?").replaceAll(" ", "_")}=${tagText(value)}`
  );
  const json = Object.fromEntries(sorted.map(([key, value]) => [safeText(key), safeText(value)]));
  return {
    plain: encoder.encode(plain.join(", ")),
    json: encoder.encode(JSON.stringify(json)),
    protobuf: tagEntries(sorted),
  };
}

/** Without a comma, a value cannot begin another tag; without brackets, it cannot end them all. */
function tagText(text: string): string {
  return safeText(text).replaceAll(",", "?").replaceAll("[", "{").replaceAll("]", "}");
}

function tagEntries(tags: readonly (readonly [string, string])[]): Uint8Array {
  const entries = tags.map(([key, value]) => {
    const parts = [
      ...stringField(1, encoder.encode(key)),
      ...stringField(2, encoder.encode(value)),
    ];
    return stringField(TAGS_FIELD, Uint8Array.from(parts));
  });
  return Uint8Array.from(entries.flatMap((entry) => [...entry]));
}

/** A certificate of a client, of which text is known that no field or bracket ends early by. */
export function loggedClient(subject: string, fingerprint: string): LoggedClient {
  const shown = subject === ""
    ? ""
    : `, client-subject=${tagText(subject.replaceAll(",", ";")).replaceAll(" ", "_")}`;
  return {
    subject: loggedName(subject),
    fingerprint: loggedName(fingerprint),
    plain: encoder.encode(`client-cert=${fingerprint}${shown}`),
  };
}

/** An address from its text and its encoded message. */
export function loggedAddress(text: string, protobuf: Uint8Array): LoggedAddress {
  return { plain: encoder.encode(text), protobuf };
}
