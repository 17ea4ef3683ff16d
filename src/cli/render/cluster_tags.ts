// `sozu cluster tags`: the tags of all frontends of a cluster, with every value that one of them has.

import type { Command } from "commander";
import {
  type ListedFrontends,
  type Response,
  ResponseStatus,
} from "../../../config/schema/messages.ts";
import { compareText } from "../../../config/values/text_order.ts";
import type { CommandHost, CommandSession } from "../command_host.ts";
import { CommandProblem } from "../problem.ts";
import { displayWidth, padded } from "./display_width.ts";
import { printable } from "./printable.ts";

/** Tags by rising name, each with its values, rising and without repetition. */
export type FoldedTags = ReadonlyMap<string, readonly string[]>;

/** Executes `cluster tags`. */
export function showClusterTags(host: CommandHost, command: Command, id: string): Promise<void> {
  return host.send(command, () => ({
    request_type: {
      kind: "list_frontends",
      value: { http: false, https: false, tcp: false, cluster_id: id },
    },
  }), { show: (answer, session) => Promise.resolve(show(id, answer, session)) });
}

function show(
  id: string,
  { status, message, content }: Response,
  { environment, options }: CommandSession,
): CommandProblem | null {
  if (status === ResponseStatus.FAILURE) return new CommandProblem(message, "refused");
  const listed = content?.content_type;
  if (listed?.kind !== "frontend_list") {
    return new CommandProblem("The answer is no list of frontends", "refused");
  }
  const { count, tags } = foldTags(listed.value);
  environment.stdout(options.json ? tagsJson(id, count, tags) : tagsText(id, count, tags));
  return null;
}

/** How many frontends there are, and their tags. */
export function foldTags(
  { http_frontends, https_frontends, tcp_frontends, udp_frontends }: ListedFrontends,
): { readonly count: number; readonly tags: FoldedTags } {
  const all = [...http_frontends, ...https_frontends, ...tcp_frontends, ...udp_frontends];
  const values = new Map<string, Set<string>>();
  for (const frontend of all) {
    for (const [name, value] of frontend.tags) {
      const known = values.get(name);
      if (known === undefined) values.set(name, new Set([value]));
      else known.add(value);
    }
  }
  const names = [...values.keys()].sort(compareText);
  const sorted = (name: string) => [...values.get(name) ?? []].sort(compareText);
  return { count: all.length, tags: new Map(names.map((name) => [name, sorted(name)])) };
}

function tagsJson(cluster_id: string, frontend_count: number, tags: FoldedTags): string {
  const value = { cluster_id, frontend_count, tags: Object.fromEntries(tags) };
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** A heading, and a line for each tag. */
export function tagsText(id: string, count: number, tags: FoldedTags): string {
  const name = printable(id);
  if (count === 0) return `No frontend leads to cluster ${name}\n`;
  if (tags.size === 0) return `The ${countText(count)} of cluster ${name} have no tags\n`;
  const width = Math.max(...[...tags.keys()].map((tag) => displayWidth(printable(tag))));
  const lines = [...tags].map(([tag, values]) => {
    const shown = printable(tag);
    return `  ${padded(shown, width)}  ${values.map(printable).join(", ")}\n`;
  });
  return `Tags of the ${countText(count)} of cluster ${name}\n${lines.join("")}`;
}

function countText(count: number): string {
  return count === 1 ? "1 frontend" : `${count} frontends`;
}
