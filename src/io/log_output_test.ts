import assert from "node:assert/strict";
import { LogOutput, openLogOutput } from "./log_output.ts";

Deno.test("openLogOutput() appends to a file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/sozu.log`;
    await Deno.writeTextFile(path, "before\n");
    const output = openLogOutput(`file://${path}`);
    assert.equal(output.notice, null);
    output.writeLine("one\n");
    output.writeLine("two\n");
    await output.flushed();
    assert.equal(await Deno.readTextFile(path), "before\none\ntwo\n");
    output.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openLogOutput() says what it uses instead of a target it cannot use", () => {
  assert.match(openLogOutput("udp://127.0.0.1:514").notice ?? "", /udp:.*file:\/\/PATH/);
  assert.match(openLogOutput("file:///nowhere/at/all.log").notice ?? "", /Cannot open log file/);
});

Deno.test("LogOutput drops lines instead of waiting for an output that hangs", async () => {
  const output = new LogOutput(() => new Promise(() => {}), null);
  const line = "x".repeat(1000) + "\n";
  for (let i = 0; i < 2000; i++) output.writeLine(line);
  await Promise.resolve();
  assert.ok(output.dropped > 500);
});
