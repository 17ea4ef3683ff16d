// `deno task test [paths and flags of deno test]`: every test of the tree, streamed as it runs, and
// one line `N passed, N failed` at the very end. Types are checked by `deno task check`, not here.

import { readTotals, totalsLine, verdict } from "./test_summary.ts";

const child = new Deno.Command(Deno.execPath(), {
  args: ["test", "--allow-all", "--no-check", ...Deno.args],
  cwd: new URL("..", import.meta.url),
  stdin: "null",
  stdout: "piped",
  stderr: "piped",
}).spawn();

// Both streams go to our stdout, one after the other as they come: nothing may follow the last line.
const [output, , status] = await Promise.all([
  copyToStdout(child.stdout),
  copyToStdout(child.stderr),
  child.status,
]);
const totals = verdict(readTotals(output), status.code);
console.log(totalsLine(totals));
Deno.exit(totals.failed > 0 || totals.passed === 0 ? 1 : 0);

async function copyToStdout(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    for (let sent = 0; sent < chunk.length;) sent += await Deno.stdout.write(chunk.subarray(sent));
  }
  return text;
}
