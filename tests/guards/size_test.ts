import assert from "node:assert/strict";
import {
  BYTE_SWITCH_LIMIT,
  BYTE_SWITCHES,
  DATA_FILES,
  FILE_LIMIT,
  FILE_MEDIAN,
  FUNCTION_LIMIT,
  FUNCTION_P90,
} from "./budgets.ts";
import { findFunctions } from "./functions.ts";
import { isTest, typescriptFiles } from "./tree.ts";

const files = typescriptFiles()
  .filter(({ path }) => !DATA_FILES.includes(path))
  .map(({ path, text }) => ({ path, text, lines: text.trimEnd().split("\n").length }));

const functions = files
  .filter(({ path }) => !path.endsWith("_test.ts"))
  .flatMap(({ path, text }) => findFunctions(text).map((found) => ({ path, ...found })));

Deno.test("no file is longer than the limit", () => {
  const long = files.filter(({ lines }) => lines > FILE_LIMIT);
  assert.deepEqual(long.map(({ path, lines }) => `${path}: ${lines} lines`), []);
});

Deno.test("the median file is short", () => {
  const lengths = files.filter(({ path }) => !isTest(path)).map(({ lines }) => lines);
  assert.ok(lengths.length > 0);
  assert.ok(percentile(lengths, 0.5) <= FILE_MEDIAN, `median ${percentile(lengths, 0.5)}`);
});

Deno.test("no function is longer than the limit", () => {
  const long = functions.filter(({ path, name, lines }) =>
    lines > (BYTE_SWITCHES.includes(`${path}#${name}`) ? BYTE_SWITCH_LIMIT : FUNCTION_LIMIT)
  );
  assert.deepEqual(
    long.map(({ path, line, name, lines }) => `${path}:${line}: ${name} ${lines}`),
    [],
  );
});

Deno.test("nine functions of ten are short", () => {
  const lengths = functions.filter(({ path }) => !isTest(path)).map(({ lines }) => lines);
  assert.ok(lengths.length > 0);
  assert.ok(percentile(lengths, 0.9) <= FUNCTION_P90, `p90 ${percentile(lengths, 0.9)}`);
});

Deno.test("every exemption names something that exists", () => {
  const paths = new Set(typescriptFiles().map(({ path }) => path));
  const switches = new Set(functions.map(({ path, name }) => `${path}#${name}`));
  assert.deepEqual(DATA_FILES.filter((path) => !paths.has(path)), []);
  assert.deepEqual(BYTE_SWITCHES.filter((name) => !switches.has(name)), []);
});

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] as number;
}
