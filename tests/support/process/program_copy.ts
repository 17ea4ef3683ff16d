// A copy of the program in another folder, for tests that change what is on disk under a running main.

const ROOT = new URL("../../../", import.meta.url);
const PARTS = ["main.ts", "deno.json", "deno.lock", "config", "src", "workers"];

/** Copies everything the program runs from into `folder`, which exists. */
export async function copyProgram(folder: string): Promise<void> {
  for (const part of PARTS) await copy(new URL(part, ROOT).pathname, `${folder}/${part}`);
}

async function copy(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}
