// A machine of named states as one table: which state may follow which. Moving costs one look at an
// integer; a move that the table does not have is a defect of this program, not of a peer.

/** Which states may follow each: bit `n` of the entry of a state stands for the state with number `n`. */
export interface Transitions {
  readonly next: readonly number[];
  readonly names: readonly string[];
}

/** The table of `states`, numbered from 0, as the names of what may follow each of them. */
export function transitions<State extends string>(
  states: Readonly<Record<State, number>>,
  follow: Readonly<Record<State, readonly State[]>>,
): Transitions {
  const names = (Object.keys(states) as State[]).sort((a, b) => states[a] - states[b]);
  const next = names.map((name) => follow[name].reduce((bits, to) => bits | 1 << states[to], 0));
  return { next, names };
}

/** Throws unless `to` may follow `from`. */
export function checkMove(table: Transitions, from: number, to: number): void {
  if ((table.next[from] as number >> to & 1) === 0) refuseMove(table, from, to);
}

/** What comes of a move that the table does not have. */
export function refuseMove({ names }: Transitions, from: number, to: number): never {
  throw new RangeError(`${names[to]} cannot follow ${names[from]}`);
}
