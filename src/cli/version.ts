// What `-V` and `--version` print.

import manifest from "../../deno.json" with { type: "json" };

/** The version of sozu whose commands, files and messages are understood. */
const COMPATIBLE_WITH = "2.3.3";

/** Name and version on one line. */
export function shortVersion(): string {
  return `sozu ${manifest.version}`;
}

/** The version, what it is compatible with, and the runtime. */
export function longVersion(): string {
  const { deno, v8, typescript } = Deno.version;
  return `${shortVersion()} (compatible with sozu ${COMPATIBLE_WITH})\n` +
    `deno ${deno}, v8 ${v8}, typescript ${typescript}`;
}
