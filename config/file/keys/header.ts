// `headers` of a frontend: edits of request and response headers.

import { matching, oneOf } from "../fields.ts";
import { required, type TableReading } from "../table.ts";
import { type Header, HeaderPosition } from "../../schema/messages.ts";

/** Keys of a header edit. */
export const HEADER_KEYS = {
  position: required(
    oneOf({
      request: HeaderPosition.REQUEST,
      response: HeaderPosition.RESPONSE,
      both: HeaderPosition.BOTH,
    }, { ignoreCase: true }),
    "which message is edited",
  ),
  key: required(
    // RFC 9110 section 5.6.2: a field name is a token.
    matching(
      "a header name: letters, digits and !#$%&'*+-.^_`|~",
      /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/,
    ),
    "name of the header",
  ),
  value: required(
    // RFC 9110 section 5.5: a line break in a value would begin another header.
    // deno-lint-ignore no-control-regex
    matching("text without control characters, tab excepted", /^[^\x00-\x08\x0A-\x1F\x7F]*$/),
    "new value; empty = the header is removed",
  ),
};

/** The message; undefined when a part is missing or wrong (reported before). */
export function headerMessage(reading: TableReading<typeof HEADER_KEYS>): Header | undefined {
  const { position, key, value } = reading.values;
  if (position === undefined || key === undefined || value === undefined) return undefined;
  return { position, key, val: value };
}
