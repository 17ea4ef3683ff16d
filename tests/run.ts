// `deno task test [paths and flags of deno test]`: every test of the tree, and one line
// `N passed, N failed` at the very end. Types are checked by `deno task check`, not here.
//
// Without arguments the tests are run by several processes side by side, each with ports of its own. A
// file that starts processes mostly waits for them, and is a part of its own. All others are run as
// few large parts, each loaded as one module: what tests import takes longer to load than they run.

import { PORTS_VARIABLE } from "./support/ports.ts";
import { addTotals, readTotals, type TestTotals, totalsLine, verdict } from "./test_summary.ts";

const ROOT = new URL("..", import.meta.url);
const CONFIG = new URL("deno.json", ROOT).pathname;

/** What files of tests import that start processes. */
const STARTS_PROCESSES = /from "[^"]*\/(?:process|cli)\/\w+\.ts"|\bDeno\.Command\b/;

/** What files say that measure the memory of the process they run in, which others must not use. */
const MEASURES_MEMORY = /\bDeno\.memoryUsage\b/;

/** Folders of which such files are looked for; what others start is over at once. */
const SLOW_FOLDERS = ["tests/e2e/", "tests/demo/", "tests/conformance/", "tests/fuzz/"];

/** Parts that take long, the longest first: none of them may be left for the end. */
const LONGEST = [
  "tests/e2e/h2",
  "tests/e2e/http",
  "tests/e2e/h2_hostile_test.ts",
  "tests/e2e/supervisor_state_test.ts",
  "tests/e2e/supervisor_crash_test.ts",
  "tests/e2e/supervisor_takeover_test.ts",
  "tests/e2e/worker_upgrade_test.ts",
  "tests/e2e/cli_commands_test.ts",
  "tests/e2e/cli_tcp_test.ts",
  "tests/fuzz",
  "tests/e2e/main_upgrade_test.ts",
  "tests/fuzz/command_socket_fuzz_test.ts",
  "tests/e2e/audit_test.ts",
  "config",
  "src/proxy",
  "tests/e2e",
  "tests/e2e/https_process_test.ts",
  "tests/e2e/supervisor_boot_test.ts",
  "src/io",
];

/** As many processes as keep the processors busy while some of them wait. */
const RUNNERS = Math.min(navigator.hardwareConcurrency * 2, 6);

/** Below the ports that the kernel gives to outgoing connections. */
const FIRST_PORT = 12_000;
const PORTS_EACH = 5_000;

const totals = Deno.args.length > 0
  ? await runTests(Deno.args, null, "live")
  : addTotals(await runParts(testParts()));
console.log(totalsLine(totals));
Deno.exit(totals.failed > 0 || totals.passed === 0 ? 1 : 0);

/** Test files that are run together. */
interface Part {
  readonly name: string;
  readonly files: readonly string[];
}

/** The test files in parts; those that take long come first. */
function testParts(): Part[] {
  const byName = Map.groupBy(testFiles(""), partOf);
  const parts = [...byName].map(([name, files]) => ({ name, files }));
  const rank = ({ name }: Part) =>
    (LONGEST.indexOf(name) + LONGEST.length + 1) % (LONGEST.length + 1);
  return parts.sort((a, b) => rank(a) - rank(b));
}

/** The name of the part that a file belongs to. */
function partOf(path: string): string {
  const text = Deno.readTextFileSync(new URL(path, ROOT));
  if (MEASURES_MEMORY.test(text)) return path;
  if (SLOW_FOLDERS.some((folder) => path.startsWith(folder))) {
    if (STARTS_PROCESSES.test(text)) return path;
    return /^tests\/\w+(?:\/(?:https?|h2)(?=_))?/.exec(path)?.[0] ?? path;
  }
  const [first = "", second = ""] = path.split("/");
  return first === "src" ? `${first}/${second}` : first;
}

function testFiles(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder || ".", ROOT))].flatMap(({ name, isDirectory }) => {
    if (name.startsWith(".") || name === "node_modules") return [];
    if (isDirectory) return testFiles(`${folder}${name}/`);
    return name.endsWith("_test.ts") ? [folder + name] : [];
  });
}

async function runParts(parts: readonly Part[]): Promise<TestTotals[]> {
  const waiting = [...parts];
  const results: TestTotals[] = [];
  const folder = await Deno.makeTempDir({ prefix: "sozu-tests-" });
  const work = async (_: unknown, runner: number) => {
    const first = FIRST_PORT + runner * PORTS_EACH;
    const ports = `${first}-${first + PORTS_EACH - 1}`;
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      results.push(await runTests([moduleOf(part, folder)], ports, "whole"));
    }
  };
  try {
    await Promise.all(Array.from({ length: RUNNERS }, work));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return results;
}

/** One module with all tests of a part; a file where it is only one. */
function moduleOf({ name, files }: Part, folder: string): string {
  const [file] = files;
  if (file !== undefined && files.length === 1) return file;
  const path = `${folder}/${name.replaceAll("/", "_")}_test.ts`;
  const imports = files.map((each) => `import "${new URL(each, ROOT).href}";\n`);
  Deno.writeTextFileSync(path, imports.join(""));
  return path;
}

/** Runs `deno test`; what it prints comes `live`, or as a `whole` when it has ended. */
async function runTests(
  args: readonly string[],
  ports: string | null,
  output: "live" | "whole",
): Promise<TestTotals> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--no-check", "--config", CONFIG, ...args],
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
