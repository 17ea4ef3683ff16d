// `deno task test [paths and flags of deno test]`: every test of the tree, and one line
// `N passed, N failed` at the very end. Types are checked by `deno task check`, not here.
//
// Most of the time is spent waiting for processes that tests start. Without arguments the tests are
// therefore run by several processes side by side, each with ports of its own: end-to-end tests file by
// file, all others by folder.

import { PORTS_VARIABLE } from "./support/ports.ts";
import { addTotals, readTotals, type TestTotals, totalsLine, verdict } from "./test_summary.ts";

const ROOT = new URL("..", import.meta.url);

/** Folders whose tests start processes, so that each file is a part of its own. */
const SLOW_FOLDERS = ["tests/e2e/", "tests/demo/", "tests/conformance/", "tests/fuzz/"];

/** As many processes as keep the processors busy while some of them wait. */
const RUNNERS = Math.min(navigator.hardwareConcurrency + 1, 4);

/** Below the ports that the kernel gives to outgoing connections. */
const FIRST_PORT = 12_000;
const PORTS_EACH = 5_000;

const totals = Deno.args.length > 0
  ? await runTests(Deno.args, null, "live")
  : addTotals(await runParts(testParts()));
console.log(totalsLine(totals));
Deno.exit(totals.failed > 0 || totals.passed === 0 ? 1 : 0);

/** The test files, in parts that are run as a whole; those that take long come first. */
function testParts(): string[][] {
  const files = testFiles("");
  const slow = files.filter((path) => SLOW_FOLDERS.some((folder) => path.startsWith(folder)));
  const byFolder = Map.groupBy(
    files.filter((path) => !slow.includes(path)),
    (path) => path.split("/").slice(0, 2).join("/"),
  );
  return [...slow.map((path) => [path]), ...byFolder.values()];
}

function testFiles(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder || ".", ROOT))].flatMap(({ name, isDirectory }) => {
    if (name.startsWith(".") || name === "node_modules") return [];
    if (isDirectory) return testFiles(`${folder}${name}/`);
    return name.endsWith("_test.ts") ? [folder + name] : [];
  });
}

async function runParts(parts: readonly string[][]): Promise<TestTotals[]> {
  const waiting = [...parts];
  const results: TestTotals[] = [];
  const work = async (_: unknown, runner: number) => {
    const first = FIRST_PORT + runner * PORTS_EACH;
    const ports = `${first}-${first + PORTS_EACH - 1}`;
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      results.push(await runTests(part, ports, "whole"));
    }
  };
  await Promise.all(Array.from({ length: RUNNERS }, work));
  return results;
}

/** Runs `deno test`; what it prints comes `live`, or as a `whole` when it has ended. */
async function runTests(
  args: readonly string[],
  ports: string | null,
  output: "live" | "whole",
): Promise<TestTotals> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--no-check", ...args],
    cwd: ROOT,
    env: ports === null ? {} : { [PORTS_VARIABLE]: ports },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // Both streams go to our stdout: nothing may follow the last line.
  const show = output === "live" ? writeOut : () => {};
  const [printed, errors, status] = await Promise.all([
    read(child.stdout, show),
    read(child.stderr, show),
    child.status,
  ]);
  if (output === "whole") writeOut(new TextEncoder().encode(printed + errors));
  return verdict(readTotals(printed), status.code);
}

async function read(
  stream: ReadableStream<Uint8Array>,
  show: (chunk: Uint8Array) => void,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    show(chunk);
  }
  return text;
}

/** In one piece, so that parts that end together do not mix. */
function writeOut(bytes: Uint8Array): void {
  for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
}
