// `header_predicates` of a frontend: the header fields that a request must have for the frontend to be its own.

import { oneOf, text } from "../fields.ts";
import { optional, required, type TableReading } from "../table.ts";
import { presentFields } from "../../values/present_fields.ts";
import { HeaderMatchKind, type HeaderPredicate } from "../../schema/messages.ts";

/** Keys of a header predicate; what they may hold together is judged with the frontend. */
export const HEADER_PREDICATE_KEYS = {
  name: required(text, "name of the header, in any case; not Host and not Cookie"),
  match: required(
    oneOf({
      exact: HeaderMatchKind.HEADER_MATCH_KIND_EXACT,
      regex: HeaderMatchKind.HEADER_MATCH_KIND_REGEX,
      present: HeaderMatchKind.HEADER_MATCH_KIND_PRESENT,
    }, { ignoreCase: true }),
    "how the first header of the name is compared",
  ),
  value: optional(text, "what exact and regex compare the whole value with; not with present"),
};

/** The message; undefined when a part is missing or wrong (reported before). */
export function headerPredicateMessage(
  reading: TableReading<typeof HEADER_PREDICATE_KEYS>,
): HeaderPredicate | undefined {
  const { name, match, value } = reading.values;
  if (name === undefined || match === undefined) return undefined;
  return { name, kind: match, ...presentFields({ value }) };
}
