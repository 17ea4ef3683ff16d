import assert from "node:assert/strict";
import { ResponseStatus } from "../../config/schema/messages.ts";
import { cluster } from "../support/config/state.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";

const uid = Deno.uid() ?? 0;
const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "command_allowed_uids lets the users on the list do everything",
  ignore,
  fn: async () => {
    await using sozu = await SozuProcess.start(`command_allowed_uids = [${uid + 1}, ${uid}]`);
    await sozu.expectOk({ kind: "add_cluster", value: cluster("mine") });
    await sozu.expectOk({ kind: "status", value: {} });
  },
});

Deno.test({
  name: "command_allowed_uids refuses every request of other users and keeps their connections",
  ignore,
  fn: async () => {
    await using sozu = await SozuProcess.start(
      (folder) =>
        `command_allowed_uids = [${uid + 1}]\nlog_level = "info"\n` +
        `audit_logs_target = "${folder}/audit.log"`,
      { detached: true },
    );
    await waitFor("the socket", async () => {
      (await sozu.connect()).close();
      return true;
    });
    using client = await sozu.connect();
    for (
      const request of [
        { kind: "list_workers", value: {} },
        { kind: "add_cluster", value: cluster("theirs") },
        { kind: "subscribe_events", value: {} },
        { kind: "hard_stop", value: {} },
      ] as const
    ) {
      const response = await client.request(request);
      assert.equal(response.status, ResponseStatus.FAILURE, request.kind);
      assert.match(response.message, new RegExp(`UID ${uid} not in command_allowed_uids`));
    }
    await waitFor(
      "the warnings",
      () => /WARN.*user \d+ is not in.*refused hard_stop/.test(sozu.stderr),
    );
    assert.equal(Deno.readTextFileSync(`${sozu.folder}/audit.log`), "", "no row");
    sozu.kill("SIGTERM");
    assert.equal(await sozu.exitCode(), 0);
  },
});

Deno.test("command_allowed_uids with nobody on it refuses everybody", async () => {
  await using sozu = await SozuProcess.start("command_allowed_uids = []", { detached: true });
  await waitFor("the socket", async () => {
    (await sozu.connect()).close();
    return true;
  });
  const response = await sozu.request({ kind: "list_workers", value: {} });
  assert.equal(response.status, ResponseStatus.FAILURE);
  assert.match(response.message, /unauthorized.*command_allowed_uids/);
});
