import assert from "node:assert/strict";
import { AsciiAccessFormat } from "../../src/observe/access/ascii.ts";
import { fullRecord } from "../support/observe/access_records.ts";

const README = new URL("../../README.md", import.meta.url);

/** The section of README on logs. */
function section(): string {
  const readme = Deno.readTextFileSync(README);
  return /\n## Logs\n(.*?)\n## /s.exec(readme)?.[1] ?? "";
}

Deno.test("README's access log line is one that is written, and is explained part by part", () => {
  const format = new AsciiAccessFormat({ tag: "WRK-00", pid: 42, colored: false });
  const record = fullRecord();
  const target = new Uint8Array(format.bound(record));
  const line = new TextDecoder().decode(target.subarray(0, format.write(record, target, 0)));
  assert.equal(/```text\n(.*?)```/s.exec(section())?.[1], line);
  const table = section().slice(section().indexOf("| Part |")).split("\n\n")[0] ?? "";
  const parts = table.split("\n").slice(2)
    .flatMap((row) => [...(row.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)])
    .map(([, part]) => part ?? "");
  let at = 0;
  for (const part of parts) {
    const found = line.indexOf(part, at);
    assert.ok(found >= 0, `${part} is not where the table has it`);
    assert.match(line.slice(at, found), /^[ \t|]*$/, `something before ${part} is not explained`);
    at = found + part.length;
  }
  assert.equal(line.slice(at), "\n");
});
