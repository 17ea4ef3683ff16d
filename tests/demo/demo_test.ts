import assert from "node:assert/strict";

Deno.test("the demonstration answers every request and leaves nothing behind", async () => {
  const temporary = await Deno.makeTempDir();
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", new URL("demo.ts", import.meta.url).href, "--once"],
      env: { TMPDIR: temporary },
      signal: AbortSignal.timeout(120_000),
    }).output();
    const output = new TextDecoder().decode(stdout);
    assert.equal(code, 0, output + new TextDecoder().decode(stderr));
    assert.match(output, /^failed: 0$/m);
    assert.ok(Number(/^answered: (\d+)$/m.exec(output)?.[1]) >= 2_000, output);
    assert.deepEqual([...Deno.readDirSync(temporary)], []);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
});
