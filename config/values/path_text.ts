// Path rules as people read them.

import { type PathRule, PathRuleKind } from "../schema/messages.ts";

/** `/api*`, `regexp /...` or `= /exact`. */
export function pathText({ kind, value }: PathRule): string {
  if (kind === PathRuleKind.PREFIX) return `${value}*`;
  if (kind === PathRuleKind.REGEX) return `regexp ${value}`;
  if (kind === PathRuleKind.EQUALS) return `= ${value}`;
  return `rule ${kind} ${value}`;
}
