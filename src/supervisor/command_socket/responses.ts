// Builds the answers for clients.

import {
  type Response,
  type ResponseContent,
  ResponseStatus,
} from "../../../config/schema/messages.ts";

type ContentType = NonNullable<ResponseContent["content_type"]>;

/** Terminal answer: done. */
export function ok(message: string, content: ContentType | null = null): Response {
  return response(ResponseStatus.OK, message, content);
}

/** Terminal answer: refused or failed, with the reason. */
export function failure(message: string, content: ContentType | null = null): Response {
  return response(ResponseStatus.FAILURE, message, content);
}

/** Not terminal: progress, or an event of a subscription. */
export function processing(message: string, content: ContentType | null = null): Response {
  return response(ResponseStatus.PROCESSING, message, content);
}

function response(
  status: ResponseStatus,
  message: string,
  content: ContentType | null,
): Response {
  return content === null
    ? { status, message }
    : { status, message, content: { content_type: content } };
}
