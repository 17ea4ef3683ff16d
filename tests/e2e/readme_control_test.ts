import assert from "node:assert/strict";
import { cluster } from "../support/config/state.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";

const ROOT = new URL("../../", import.meta.url);

/** The code blocks of README's section on control, in order, by language. */
function controlBlocks(language: string): string[] {
  const readme = Deno.readTextFileSync(new URL("README.md", ROOT));
  const section = /\n## Control\n(.*?)\n## /s.exec(readme)?.[1] ?? "";
  return [...section.matchAll(/```(\w+)\n(.*?)```/gs)]
    .filter(([, name]) => name === language)
    .map(([, , code]) => code ?? "");
}

function hasSocat(): boolean {
  try {
    return new Deno.Command("socat", { args: ["-V"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    console.error("SKIPPED the shell examples of README: socat is not installed");
    return false;
  }
}

async function run(command: string, args: string[], socket: string): Promise<string> {
  const env = { SOCKET: socket, NO_COLOR: "1" };
  const { stdout, stderr } = await new Deno.Command(command, { args, cwd: ROOT, env }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

Deno.test({
  name: "README: the shell examples of the control section work as they stand",
  ignore: !hasSocat(),
  fn: async () => {
    await using sozu = await SozuProcess.start("");
    const blocks = controlBlocks("sh");
    assert.equal(blocks.length, 2);
    const output = await run("bash", ["-c", blocks.join("\n")], sozu.socketPath);
    const lines = output.split("\n").filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
    assert.equal(lines.filter(({ status }) => status === 0).length, 3, output);
    assert.equal(lines.filter(({ status }) => status === 2).length, 0, output);
    assert.match(JSON.stringify(lines.at(-1)), /api-1/);
    assert.match(output, /00 00 00 00 00 00 00 08 01/);
  },
});

Deno.test("README: the TypeScript example of the control section works as it stands", async () => {
  await using sozu = await SozuProcess.start("");
  const [code] = controlBlocks("ts");
  assert.ok(code !== undefined);
  // The shell examples before it add this cluster.
  await sozu.expectOk({ kind: "add_cluster", value: cluster("api") });
  // As a reader does it: in the folder of the README, through standard input.
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "-"],
    cwd: ROOT,
    env: { SOCKET: sozu.socketPath, NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const { stdout, stderr } = await output;
  const decoder = new TextDecoder();
  assert.match(decoder.decode(stdout) + decoder.decode(stderr), /"main"/);
});
