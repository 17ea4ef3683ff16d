// `--match-header` of `frontend http|https add|remove`: which header fields a request must have.

import { Option } from "commander";
import { headerPredicate } from "../../../config/rules/route_rule.ts";
import { HeaderMatchKind, type HeaderPredicate } from "../../../config/schema/messages.ts";
import { presentFields } from "../../../config/values/present_fields.ts";
import { compileHeaderTests } from "../../routing/header/header_tests.ts";
import { RouteError } from "../../routing/route_rule.ts";
import { CommandProblem } from "../problem.ts";
import { repeated } from "./argument_parsers.ts";

const MATCHES: ReadonlyMap<string, HeaderMatchKind> = new Map([
  ["exact", HeaderMatchKind.HEADER_MATCH_KIND_EXACT],
  ["regex", HeaderMatchKind.HEADER_MATCH_KIND_REGEX],
  ["present", HeaderMatchKind.HEADER_MATCH_KIND_PRESENT],
]);

/** The option; `match` is split off at the first `=`, the value at the second. */
export function matchHeaderOption(): Option {
  return new Option(
    "--match-header <match=name[=value]>",
    "Match only requests with this header: exact, regex or present; all must hold (repeatable)",
  ).argParser(repeated);
}

/** The predicates of the given options. */
export function headerPredicatesOf(items: readonly string[]): HeaderPredicate[] | CommandProblem {
  const predicates: HeaderPredicate[] = [];
  for (const [index, item] of items.entries()) {
    const predicate = predicateOf(item);
    if (predicate === null) {
      return new CommandProblem(
        `Cannot use --match-header at index ${index}: expected exact=<name>=<value>, ` +
          "regex=<name>=<value> or present=<name>",
      );
    }
    predicates.push(predicate);
  }
  const tests = compileHeaderTests(predicates.map(headerPredicate));
  if (!(tests instanceof RouteError)) return predicates;
  return new CommandProblem(`Cannot use --match-header: ${tests.message}`);
}

function predicateOf(item: string): HeaderPredicate | null {
  const first = item.indexOf("=");
  const kind = first < 0 ? undefined : MATCHES.get(item.slice(0, first).toLowerCase());
  if (kind === undefined) return null;
  const second = item.indexOf("=", first + 1);
  const name = item.slice(first + 1, second < 0 ? undefined : second);
  return {
    name,
    kind,
    ...presentFields({ value: second < 0 ? undefined : item.slice(second + 1) }),
  };
}
