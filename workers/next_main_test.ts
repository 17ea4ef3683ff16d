import assert from "node:assert/strict";
import { encode } from "../config/codec/protobuf.ts";
import { Request, ResponseStatus, WorkerRequest } from "../config/schema/messages.ts";
import { encodeFrame } from "../src/protocol/control/frame.ts";
import { ScriptedMain } from "../tests/support/cli/scripted_main.ts";
import { within } from "../tests/support/wait.ts";
import { NextMain } from "./next_main.ts";

const TIMES = { seek: 10, refused: 20, remind: 1_000, folderMissing: 100 };
const ANNOUNCEMENT = { id: 3, build: "0.1.0+feedbeef", listeners: [] };
const announce = () => ANNOUNCEMENT;
const STATUS = encode(WorkerRequest, {
  id: "first",
  content: { request_type: { kind: "status", value: {} } } satisfies Request,
});

Deno.test("NextMain finds the main process that comes, and hands over what follows its answer", async () => {
  await using main = new ScriptedMain(async (peer) => {
    assert.deepEqual(await peer.next(), { kind: "adopt_worker", value: ANNOUNCEMENT });
    await peer.answer(ResponseStatus.PROCESSING, "wait");
    await peer.answer(ResponseStatus.OK);
    await peer.write(encodeFrame(STATUS));
  });
  await main.die();
  const found = new NextMain(main.path, TIMES).find(announce, () => false);
  main.listen();
  const command = await within("the next main", 5_000, found);
  assert.deepEqual(await command?.frames.next(), STATUS);
  command?.close();
});

Deno.test("NextMain asks again when a main process refuses, says nothing or leaves", async () => {
  await using main = new ScriptedMain(async (peer, connection) => {
    await peer.next();
    if (connection === 0) await peer.answer(ResponseStatus.FAILURE, "not mine");
    else if (connection === 1) peer.hangUp();
    else await peer.answer(ResponseStatus.OK);
  });
  const found = new NextMain(main.path, TIMES).find(announce, () => false);
  const command = await within("the third answer", 5_000, found);
  assert.ok(command !== null);
  assert.equal(main.connections, 3);
  command.close();
});

Deno.test("NextMain gives up when the worker stops, and when the folder of the socket stays away", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/sozu.sock`;
  let isOver = false;
  const stopped = new NextMain(path, TIMES).find(announce, () => isOver);
  let gaveUp = false;
  const without = new NextMain(path, TIMES).find(announce, () => false).then((found) => {
    gaveUp = true;
    return found;
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(gaveUp, false);
  isOver = true;
  assert.equal(await within("the stop", 5_000, stopped), null);
  await Deno.remove(folder);
  assert.equal(await within("the end of the search", 5_000, without), null);
});
