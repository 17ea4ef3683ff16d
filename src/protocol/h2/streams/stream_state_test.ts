import assert from "node:assert/strict";
import { mayReceive, maySend, nextState, StreamEvent, StreamState } from "./stream_state.ts";

const { HEADERS, END_RECEIVED, END_SENT, RESET } = StreamEvent;

function after(...events: StreamEvent[]): number {
  return events.reduce<number>(
    (state, event) => state < 0 ? state : nextState(state as StreamState, event),
    StreamState.IDLE,
  );
}

Deno.test("nextState() follows the figure of RFC 9113 section 5.1", () => {
  const rows: [StreamEvent[], number][] = [
    [[HEADERS], StreamState.OPEN],
    [[HEADERS, END_RECEIVED], StreamState.HALF_CLOSED_REMOTE],
    [[HEADERS, END_SENT], StreamState.HALF_CLOSED_LOCAL],
    [[HEADERS, END_RECEIVED, HEADERS, END_SENT], StreamState.CLOSED],
    [[HEADERS, END_SENT, END_RECEIVED], StreamState.CLOSED],
    [[HEADERS, RESET], StreamState.CLOSED],
    [[HEADERS, END_SENT, RESET, RESET], StreamState.CLOSED],
  ];
  for (const [events, state] of rows) assert.equal(after(...events), state, `${events}`);
});

Deno.test("nextState() has no way out of what must not happen", () => {
  for (
    const events of [
      [RESET],
      [END_RECEIVED],
      [HEADERS, END_RECEIVED, END_RECEIVED],
      [HEADERS, END_SENT, END_SENT],
      [HEADERS, RESET, HEADERS],
      [HEADERS, RESET, END_SENT],
    ]
  ) assert.equal(after(...events), -1, `${events}`);
});

Deno.test("mayReceive() and maySend() are about the side that has not ended", () => {
  const states = Object.values(StreamState);
  assert.deepEqual(states.filter(mayReceive), [
    StreamState.OPEN,
    StreamState.HALF_CLOSED_LOCAL,
  ]);
  assert.deepEqual(states.filter(maySend), [StreamState.OPEN, StreamState.HALF_CLOSED_REMOTE]);
});
