import assert from "node:assert/strict";
import { shopListener } from "../../../tests/support/session/http_sessions.ts";
import type { RecordBuffer } from "../../bytes/record_buffer.ts";
import { LogOutput } from "../../io/log/output.ts";
import { JsonAccessFormat } from "../../observe/access/json.ts";
import { MessageHead } from "../../protocol/http/message_head.ts";
import { ULID_LENGTH, UlidSource } from "../../protocol/http/ids/ulid.ts";
import { Outcome, RequestAccount } from "../../session/http/account.ts";
import { StreamEnd } from "../../session/http/stream_end.ts";
import { WallClock } from "../wall_clock.ts";
import { AccessLog } from "./access_log.ts";
import { LoggedParties } from "./parties.ts";

const CLIENT = { peer: { ip: "192.0.2.1", port: 1 }, tls: null, logged: null };

/** What the log says of one request. */
async function logged(change: Partial<RequestAccount>): Promise<Record<string, unknown>> {
  let text = "";
  const output = new LogOutput({
    write(records: RecordBuffer, first: number) {
      text += new TextDecoder().decode(records.bytes.subarray(0, records.length));
      return Promise.resolve({ taken: records.count - first, lost: 0, problem: null });
    },
    reopen() {},
    close() {},
  });
  const log = new AccessLog({
    output,
    format: new JsonAccessFormat({ tag: "WRK-00", pid: 1 }),
    parties: new LoggedParties(new UlidSource((into) => void into.fill(7), () => 0)),
    clock: new WallClock(() => 0, () => 0),
    onUnsent: () => assert.fail("no room"),
  });
  const account = new RequestAccount(
    new MessageHead(new Uint8Array()),
    new Uint8Array(ULID_LENGTH).fill(0x30),
  );
  account.begin(0);
  account.endedAt = 1;
  log.requestEnded(Object.assign(account, change), { ...CLIENT, listener: shopListener() });
  await output.flushed();
  output.close();
  return JSON.parse(text);
}

Deno.test("AccessLog says how a request of each HTTP version ended", async () => {
  const cases: [Partial<RequestAccount>, string, string][] = [
    [{ outcome: Outcome.COMPLETE }, "H1::Complete", "INFO"],
    [{ outcome: Outcome.SWITCHED }, "H1::Upgrade", "INFO"],
    [{ outcome: Outcome.CUT }, "session close", "INFO"],
    [{ outcome: Outcome.BACKEND_BROKEN }, "session close", "ERROR"],
    [{ protocol: "h2", outcome: Outcome.COMPLETE }, "H2::Complete", "INFO"],
    [{ protocol: "h2", outcome: Outcome.SWITCHED }, "H2::Complete", "INFO"],
    [{ protocol: "h2", outcome: Outcome.CLIENT_GONE }, "session close", "INFO"],
    [
      { protocol: "h2", outcome: Outcome.BACKEND_BROKEN, streamEnd: StreamEnd.RESET },
      "H2::Reset",
      "ERROR",
    ],
    [
      { protocol: "h2", outcome: Outcome.CLIENT_GONE, streamEnd: StreamEnd.PEER_RESET },
      "H2::ResetFrame",
      "ERROR",
    ],
    [
      { protocol: "h2", outcome: Outcome.TIMEOUT, streamEnd: StreamEnd.IDLE_TIMEOUT },
      "H2::IdleTimeout",
      "ERROR",
    ],
    [
      { protocol: "h2", outcome: Outcome.TIMEOUT, streamEnd: StreamEnd.WINDOW_STALL },
      "H2::WindowStall",
      "ERROR",
    ],
  ];
  for (const [change, message, level] of cases) {
    const line = await logged(change);
    assert.deepEqual([line["message"], line["level"], line["protocol"]], [message, level, "http"]);
  }
});

Deno.test("AccessLog takes a client that resets its tunnel for one that leaves", async () => {
  const tunnel = { protocol: "h2", tunnel: true, outcome: Outcome.CLIENT_GONE } as const;
  const line = await logged({ ...tunnel, streamEnd: StreamEnd.PEER_RESET });
  assert.deepEqual([line["level"], line["protocol"], line["message"]], ["INFO", "WS", undefined]);
});

Deno.test("an account that is used again says nothing of how the stream before it ended", () => {
  const account = new RequestAccount(new MessageHead(new Uint8Array()), new Uint8Array());
  account.protocol = "h2";
  account.streamEnd = StreamEnd.PEER_RESET;
  account.begin(1);
  assert.equal(account.streamEnd, StreamEnd.NONE);
  assert.equal(account.protocol, "h2");
});
