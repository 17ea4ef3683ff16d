import assert from "node:assert/strict";
import { plainStart } from "./plain_start.ts";
import { runCliIn } from "./main.ts";
import { denoEnvironment } from "./environment.ts";

const LINES = [
  "start",
  "start -c FILE",
  "start --config FILE",
  "start --config=FILE",
  "-c FILE start",
  "--config FILE start",
  "--config=FILE start",
  "start -c start",
  "-c start",
  "start start",
  "start -cFILE",
  "start -c",
  "start -c -x",
  "start -c FILE -j",
  "start --config= ",
  "start --help",
  "start FILE",
  "status -c FILE",
  "",
];

/** The file that the command line as a whole starts with; `null` when it starts nothing. */
async function startedWith(args: string[], variable: (name: string) => string | undefined) {
  let path: string | null = null;
  const environment = denoEnvironment();
  try {
    await runCliIn({ ...environment, variable, stdout: () => {}, stderr: () => {} }, args, {
      proxy: ({ configPath }) => {
        path = configPath;
        return Promise.resolve(0);
      },
      connector: () => Promise.resolve(0),
    });
  } finally {
    environment.release();
  }
  return path;
}

Deno.test("plainStart() finds the file that the whole command line finds, or leaves the line to that", async () => {
  let found = 0;
  for (const line of LINES) {
    const args = line.split(" ").filter((arg) => arg !== "");
    for (const named of [undefined, "", "/etc/sozu.toml"]) {
      const variable = (name: string) => name === "SOZU_CONFIG" ? named : undefined;
      const plain = plainStart(args, variable);
      if (plain === null) continue;
      found++;
      assert.equal(plain, await startedWith(args, variable), line);
    }
  }
  assert.equal(found, 1 + 7 * 3, "the usual lines are understood");
});
