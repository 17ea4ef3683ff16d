import assert from "node:assert/strict";
import { AuditFile, openAuditFile } from "./audit_file.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const modeOf = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o777;
const unexpected = (problem: string) => assert.fail(problem);

Deno.test("openAuditFile() creates the file and its folders for their owner and group alone", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a/b/audit.log`;
    const mask = Deno.umask(0o077);
    const { file, error, warning } = openAuditFile(path, unexpected);
    Deno.umask(mask);
    assert.ok(file !== null);
    assert.deepEqual([error, warning], [null, null]);
    assert.equal(modeOf(path), 0o640);
    file.append("one");
    file.append("two");
    await file.close();
    assert.equal(Deno.readTextFileSync(path), "one\ntwo\n");
    assert.equal(modeOf(`${folder}/a`) & 0o027, 0, "nobody but the group may look in");
  }));

Deno.test("openAuditFile() appends, and narrows the mode of a file that was there", () =>
  inFolder(async (folder) => {
    const path = `${folder}/audit.log`;
    await Deno.writeTextFile(path, "before\n");
    await Deno.chmod(path, 0o664);
    const { file, warning } = openAuditFile(path, unexpected);
    assert.match(warning ?? "", /had mode 664/);
    assert.equal(modeOf(path), 0o640);
    file?.append("after");
    await file?.close();
    assert.equal(Deno.readTextFileSync(path), "before\nafter\n");
  }));

Deno.test("openAuditFile() says why there is no file", () =>
  inFolder((folder) => {
    const { file, error } = openAuditFile(folder, unexpected);
    assert.equal(file, null);
    assert.match(error ?? "", /Cannot open audit file/);
    return Promise.resolve();
  }));

Deno.test("AuditFile keeps the order of thousands of rows and writes many at a time", () =>
  inFolder(async (folder) => {
    const path = `${folder}/audit.log`;
    const inner = await Deno.open(path, { append: true, create: true });
    let writes = 0;
    const counting = {
      write: (bytes: Uint8Array) => {
        writes++;
        return inner.write(bytes);
      },
      close: () => inner.close(),
    } as unknown as Deno.FsFile;
    const file = new AuditFile(path, counting, unexpected);
    for (let i = 0; i < 20_000; i++) file.append(`row ${i}`);
    await file.close();
    const rows = Deno.readTextFileSync(path).trimEnd().split("\n");
    assert.deepEqual(rows, Array.from({ length: 20_000 }, (_, i) => `row ${i}`));
    assert.ok(writes < 10, `${writes} writes`);
  }));

Deno.test("AuditFile counts and reports rows it has no room for, and goes on", async () => {
  const disk = Promise.withResolvers<void>();
  const reports: [string, number][] = [];
  let written = 0;
  const slow = {
    write: async (bytes: Uint8Array) => {
      await disk.promise;
      written += bytes.length;
      return bytes.length;
    },
    close: () => {},
  } as unknown as Deno.FsFile;
  const file = new AuditFile("x", slow, (problem, lost) => reports.push([problem, lost]));
  const row = "x".repeat(1_000_000);
  for (let i = 0; i < 20; i++) file.append(row);
  disk.resolve();
  await file.flushed();
  assert.equal(reports.length, 1);
  assert.ok((reports[0]?.[1] ?? 0) >= 3);
  file.append("later");
  await file.close();
  assert.ok(written > 10_000_000);
});

Deno.test("AuditFile reports a disk that refuses, and goes on", async () => {
  const reports: string[] = [];
  let refuses = true;
  const full = {
    write: (bytes: Uint8Array) =>
      refuses ? Promise.reject(new Error("no space left")) : Promise.resolve(bytes.length),
    close: () => {},
  } as unknown as Deno.FsFile;
  const file = new AuditFile("x", full, (problem) => reports.push(problem));
  file.append("lost");
  await file.flushed();
  refuses = false;
  file.append("kept");
  await file.flushed();
  assert.equal(reports.length, 1);
  assert.match(reports[0] ?? "", /Cannot write audit file "x": no space left/);
});
