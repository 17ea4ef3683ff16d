import assert from "node:assert/strict";
import { findImports, type FoundImport } from "./imports.ts";
import { maskSource } from "./mask.ts";
import { isTest, type SourceFile, typescriptFiles } from "./tree.ts";

/** The data plane: embeddable, so that what it takes from outside comes in as parts. */
const PLANE = "src/proxy/";

/** Where the parts of a process are made. */
const PARTS_OF_A_PROCESS = `${PLANE}runtime_parts.ts`;

/** What belongs to a process, or is one for all of it: never named by the data plane. */
const OF_A_PROCESS =
  /\bDeno\s*\.|\bDate\b|\bMath\s*\.\s*random\b|\b(?:set|clear)(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\bperformance\b|\bcrypto\s*\.|\bfetch\s*\(|\bconsole\s*\.|\bglobalThis\b|\bprocess\s*\./g;

/** What of `src/io/` computes, or gets its clock and sockets handed in: code of the rest is a part. */
const COMPUTES = [
  "src/io/client_auth/policy.ts",
  "src/io/contracts.ts",
  "src/io/listening/accept_loop.ts",
  "src/io/tls/credentials.ts",
  "src/io/x509/certificate.ts",
];

/** The log of the process. */
const PROCESS_LOG = "src/observe/log/log.ts";

Deno.test("the data plane names nothing of a process", () => {
  const files = typescriptFiles().filter(({ path }) =>
    path.startsWith(PLANE) && path !== PARTS_OF_A_PROCESS && !isTest(path)
  );
  assert.ok(files.length > 0);
  assert.deepEqual(files.flatMap(processUses), []);
});

Deno.test("processUses() finds names and imports, and spares types, comments and strings", () => {
  const path = `${PLANE}x.ts`;
  const clean = [
    "// Deno.exit, setTimeout\nconst a = 'console.log'; type Dated = { performance_: 1 };\n",
    'import type { Slices } from "../io/net/turn.ts";\n',
    'import { AcceptPause } from "../io/listening/accept_loop.ts";\n',
  ];
  for (const text of clean) assert.deepEqual(processUses({ path, text }), [], text);
  const dirty = [
    "Deno.pid",
    "new Date(0)",
    "Math.random",
    "let t: ReturnType<typeof setTimeout>",
    "clearInterval(t)",
    "performance.now()",
    "crypto.getRandomValues(a)",
    "console.error(a)",
    "import { createHash } from 'node:crypto'",
    'import { tcpDialer } from "../io/net/tcp.ts"',
    'import { loggerOf } from "../observe/log/log.ts"',
    'import { runtimeParts } from "./runtime_parts.ts"',
  ];
  for (const text of dirty) assert.equal(processUses({ path, text }).length, 1, text);
});

function processUses(file: SourceFile): string[] {
  const code = maskSource(file.text);
  const named = [...code.matchAll(OF_A_PROCESS)].map((match) => {
    const line = code.slice(0, match.index).split("\n").length;
    return `${file.path}:${line}: ${match[0].trim()}`;
  });
  const imported = findImports(file)
    .filter(isOfAProcess)
    .map(({ specifier, line }) => `${file.path}:${line}: ${specifier}`);
  return [...named, ...imported];
}

function isOfAProcess({ specifier, path, typesOnly }: FoundImport): boolean {
  if (typesOnly) return false;
  if (path === null) return specifier.startsWith("node:");
  if (path === PARTS_OF_A_PROCESS || path === PROCESS_LOG) return true;
  return path.startsWith("src/io/") && !COMPUTES.includes(path);
}
