// The line a user sees after a command that changed something. The rows of the verbs have the words.

import type { Request } from "../../../config/schema/messages.ts";
import { rowOf } from "../../../config/state/verbs.ts";

/** A sentence without its full stop; `null` for requests that change nothing. */
export function changeText(type: Request["request_type"]): string | null {
  if (type === null) return null;
  return rowOf(type.kind).change?.(type.value) ?? null;
}
