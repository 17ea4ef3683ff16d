// Pages of metrics read by parsers of others: promtool, and the reference parsers of PyPI's
// prometheus_client where that is installed.

import assert from "node:assert/strict";
import { findProgram } from "../../bench/load/tools.ts";

const PYTHON = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families as text
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
families = (openmetrics if sys.argv[1] == "openmetrics" else text)(sys.stdin.read())
print(json.dumps([[f.name, f.type, f.documentation, len(f.samples)] for f in families]))
`;

/** One family as a parser of others sees it. */
export type ParsedFamily = [name: string, type: string, help: string, samples: number];

/** Fails when promtool has anything to say about a page. */
export async function checkWithPromtool(promtool: string, page: string): Promise<void> {
  const { code, said } = await run(promtool, ["check", "metrics"], page);
  assert.deepEqual([code, said], [0, ""]);
}

/** The families that the reference parser finds in a page; `null`, and said, where it is absent. */
export async function parseWithPython(
  page: string,
  format: "text" | "openmetrics",
): Promise<ParsedFamily[] | null> {
  const python = findProgram("python3");
  if (
    python === null || (await run(python, ["-c", "import prometheus_client"], "")).code !== 0
  ) {
    console.error("SKIPPED prometheus_client: not found, PyPI has it under this name");
    return null;
  }
  const { code, said } = await run(python, ["-c", PYTHON, format], page);
  assert.equal(code, 0, said);
  return JSON.parse(said);
}

async function run(
  program: string,
  args: string[],
  input: string,
): Promise<{ code: number; said: string }> {
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  // A program that ends before it has read everything says why in its output.
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await output;
  return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}
