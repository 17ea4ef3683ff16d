// Fields of requests, pseudo-fields first.

import type { Fields } from "./blocks.ts";

/** The host that is asked unless another one is named. */
export const HOST = "app.test";

/** Pseudo-fields of a request and more fields. */
export function requestFields(
  method: string,
  path: string,
  more: Fields = [],
  authority: string = HOST,
): Fields {
  return [
    [":method", method],
    [":scheme", "https"],
    [":path", path],
    [":authority", authority],
    ...more,
  ];
}

/** Pseudo-fields of a GET and more fields. */
export function getFields(path = "/", more: Fields = [], authority: string = HOST): Fields {
  return requestFields("GET", path, more, authority);
}
