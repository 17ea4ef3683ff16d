import assert from "node:assert/strict";
import { BindError, bindUnixSocket, UnixListener } from "./unix_socket.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("bindUnixSocket() creates a socket only its owner can open and restores the mask", () =>
  inFolder(async (folder) => {
    const mask = Deno.umask();
    const path = `${folder}/s.sock`;
    const listener = await bindUnixSocket(path);
    assert.ok(listener instanceof UnixListener);
    assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    assert.equal(Deno.umask(), mask);
    listener.close();
    assert.throws(() => Deno.lstatSync(path), Deno.errors.NotFound);
  }));

Deno.test("bindUnixSocket() replaces a leftover socket file", () =>
  inFolder(async (folder) => {
    const path = `${folder}/s.sock`;
    await leaveStale(path);
    assert.equal(exists(path), true, "the leftover is there");
    const listener = await bindUnixSocket(path);
    assert.ok(listener instanceof UnixListener);
    listener.close();
  }));

Deno.test("bindUnixSocket() leaves a socket alone on which a process answers", () =>
  inFolder(async (folder) => {
    const path = `${folder}/s.sock`;
    const first = await bindUnixSocket(path);
    assert.ok(first instanceof UnixListener);
    const second = await bindUnixSocket(path);
    assert.ok(second instanceof BindError);
    assert.match(second.message, /another main process (\(pid \d+\) )?answers/);
    const [accepted, connection] = await Promise.all([
      first.accept(),
      Deno.connect({ transport: "unix", path }),
    ]);
    accepted.close();
    connection.close();
    first.close();
  }));

Deno.test("bindUnixSocket() does not remove a file that is no socket", () =>
  inFolder(async (folder) => {
    const path = `${folder}/notes.txt`;
    await Deno.writeTextFile(path, "precious");
    const result = await bindUnixSocket(path);
    assert.ok(result instanceof BindError);
    assert.match(result.message, /no socket/);
    assert.equal(await Deno.readTextFile(path), "precious");
  }));

Deno.test("bindUnixSocket() explains a folder that does not exist", () =>
  inFolder(async (folder) => {
    const result = await bindUnixSocket(`${folder}/missing/s.sock`);
    assert.ok(result instanceof BindError);
    assert.match(result.message, /Cannot bind command socket/);
  }));

Deno.test("UnixListener close() leaves a file alone that took its place", () =>
  inFolder(async (folder) => {
    const path = `${folder}/s.sock`;
    const old = await bindUnixSocket(path);
    assert.ok(old instanceof UnixListener);
    const next = `${folder}/next.sock`;
    const successor = await bindUnixSocket(next);
    assert.ok(successor instanceof UnixListener);
    await Deno.rename(next, path);
    old.close();
    assert.equal(exists(path), true);
    successor.close();
  }));

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** A socket file whose process is gone, as after a kill. */
async function leaveStale(path: string): Promise<void> {
  const script = `Deno.listen({ transport: "unix", path: ${JSON.stringify(path)} }); Deno.exit(0)`;
  await new Deno.Command(Deno.execPath(), { args: ["eval", "--quiet", script] }).output();
}

Deno.test("bindUnixSocket() gives its file the mode that is wanted, from the start", () =>
  inFolder(async (folder) => {
    for (const [mode, wanted] of [[undefined, 0o600], [0o660, 0o660], [0o777, 0o777]] as const) {
      const listener = await bindUnixSocket(`${folder}/socket`, mode);
      assert.ok(!(listener instanceof BindError));
      assert.equal((Deno.statSync(`${folder}/socket`).mode ?? 0) & 0o777, wanted);
      listener.close();
    }
  }));
