import assert from "node:assert/strict";
import { findProgram } from "../../../tests/bench/load/tools.ts";
import { replaceFile } from "./replace_file.ts";

const MOUNT = findProgram("mount");
const UMOUNT = findProgram("umount");
const MKFIFO = findProgram("mkfifo");

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function writing(text: string): (file: Deno.FsFile) => Promise<void> {
  return async (file) => {
    await file.write(new TextEncoder().encode(text));
  };
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function run(program: string, ...args: string[]): Promise<boolean> {
  return (await new Deno.Command(program, { args, stderr: "null" }).output()).success;
}

Deno.test("replaceFile() writes where links lead, and the links stay", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data`);
    await Deno.writeTextFile(`${folder}/data/real`, "old");
    await Deno.symlink("data/real", `${folder}/relative`);
    await Deno.symlink(`${folder}/relative`, `${folder}/first`);
    await Deno.symlink("data/missing", `${folder}/dangling`);
    await replaceFile(`${folder}/first`, writing("new"));
    await replaceFile(`${folder}/dangling`, writing("made"));
    assert.equal(await Deno.readTextFile(`${folder}/data/real`), "new");
    assert.equal(await Deno.readTextFile(`${folder}/data/missing`), "made");
    for (const name of ["first", "relative", "dangling"]) {
      assert.ok(Deno.lstatSync(`${folder}/${name}`).isSymlink, name);
    }
    assert.deepEqual(namesIn(`${folder}/data`), ["missing", "real"]);
    assert.equal((Deno.statSync(`${folder}/data/missing`).mode ?? 0) & 0o777, 0o600);
    await Deno.symlink("loop", `${folder}/loop`);
    await assert.rejects(replaceFile(`${folder}/loop`, writing("x")), /links/);
  }));

Deno.test("replaceFile() touches nothing but a regular file", {
  ignore: MKFIFO === null,
}, () =>
  inFolder(async (folder) => {
    assert.ok(await run(MKFIFO as string, `${folder}/fifo`));
    await Deno.mkdir(`${folder}/folder`);
    await Deno.symlink("/dev/null", `${folder}/device`);
    for (const name of ["fifo", "folder", "device"]) {
      await assert.rejects(replaceFile(`${folder}/${name}`, writing("x")), /no regular file/);
    }
    assert.ok(Deno.lstatSync(`${folder}/fifo`).isFifo);
    assert.ok(Deno.statSync("/dev/null").isCharDevice);
    assert.deepEqual(namesIn(folder), ["device", "fifo", "folder"]);
  }));

Deno.test("replaceFile() writes over a file whose name cannot be taken, and leaves nothing beside it", () =>
  inFolder(async (folder) => {
    const path = `${folder}/file`;
    await Deno.writeTextFile(path, "something longer than before");
    const { ino } = Deno.statSync(path);
    const failing = (code: string) => ({
      rename: () => Promise.reject(Object.assign(new Error(code), { code })),
    });
    await replaceFile(path, writing("short"), failing("EBUSY"));
    assert.equal(await Deno.readTextFile(path), "short");
    assert.equal(Deno.statSync(path).ino, ino);
    await assert.rejects(replaceFile(path, writing("other"), failing("EIO")), /EIO/);
    await assert.rejects(replaceFile(`${folder}/new`, writing("x"), failing("EBUSY")), /EBUSY/);
    assert.equal(await Deno.readTextFile(path), "short");
    assert.deepEqual(namesIn(folder), ["file"]);
  }));

Deno.test("replaceFile() writes over a file that is mounted", async (t) => {
  await inFolder(async (folder) => {
    const [source, path] = [`${folder}/source`, `${folder}/mounted`];
    for (const name of [source, path]) await Deno.writeTextFile(name, "old and long");
    if (MOUNT === null || UMOUNT === null || !await run(MOUNT, "--bind", source, path)) {
      console.warn("  skipped: nothing can be mounted here");
      return;
    }
    try {
      await t.step("bind mount", async () => {
        await replaceFile(path, writing("new"));
        assert.equal(await Deno.readTextFile(source), "new");
        assert.deepEqual(namesIn(folder), ["mounted", "source"]);
      });
    } finally {
      await run(UMOUNT, path);
    }
  });
});
