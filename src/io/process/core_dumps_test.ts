import assert from "node:assert/strict";

/** Runs a program that forbids core dumps and then says what the kernel has noted. */
async function noted(): Promise<{ limits: string; dumpable: number }> {
  const module = new URL("./core_dumps.ts", import.meta.url).href;
  const program = `
    import { forbidCoreDumps } from ${JSON.stringify(module)};
    const problem = forbidCoreDumps();
    if (problem !== null) throw new Error(problem);
    const { symbols } = Deno.dlopen("libc.so.6", {
      prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
    });
    const limits = Deno.readTextFileSync("/proc/self/limits");
    console.log(JSON.stringify({ limits, dumpable: symbols.prctl(3, 0n, 0n, 0n, 0n) }));
  `;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--no-check", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(program));
  await writer.close();
  const { stdout } = await child.output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test({
  name: "forbidCoreDumps() leaves no core file and no memory that others can read",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const { limits, dumpable } = await noted();
    assert.match(limits, /^Max core file size +0 +0 /m);
    assert.equal(dumpable, 0);
  },
});
