import assert from "node:assert/strict";
import { type Response, ResponseStatus } from "../../../config/schema/messages.ts";
import { keepInformed } from "./progress.ts";

Deno.test("keepInformed() tells the client while it lasts, and no more when it is over", async () => {
  const told: Response[] = [];
  const heardOften = Promise.withResolvers<string>();
  const client = {
    progress: (response: Response) => {
      if (told.push(response) === 3) heardOften.resolve("done");
    },
  };
  let step = 0;
  const result = await keepInformed(client, () => `step ${++step}`, () => heardOften.promise, 5);
  assert.equal(result, "done");
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(told.map(({ message }) => message), ["step 1", "step 2", "step 3"]);
  assert.ok(told.every(({ status }) => status === ResponseStatus.PROCESSING));
});

Deno.test("keepInformed() stops when the work fails", async () => {
  let told = 0;
  const work = keepInformed(
    { progress: () => void told++ },
    () => "",
    () => Promise.reject(new Error("no")),
    5,
  );
  await assert.rejects(work, /no/);
  const before = told;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(told, before);
});

Deno.test("keepInformed() says nothing about work that is done soon", async () => {
  const client = { progress: () => assert.fail("nothing is to be told") };
  assert.equal(await keepInformed(client, () => "", () => Promise.resolve(7)), 7);
});
