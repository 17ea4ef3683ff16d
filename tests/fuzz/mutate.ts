// Turns messages into damaged ones: the mutations of a byte fuzzer, and a dictionary of what matters in
// HTTP/1.1. Everything is decided by the random numbers that are passed in.

/** Texts that change the meaning of a message when they appear in the wrong place. */
const DICTIONARY: readonly string[] = [
  "\r\n",
  "\n",
  "\r",
  "\r\n\r\n",
  "\x00",
  " ",
  "\t",
  ":",
  ": ",
  ",",
  ";",
  "\x7f",
  "\x80",
  "\xff",
  "0\r\n\r\n",
  "0",
  "f",
  "ffffffffffffff",
  "GET / HTTP/1.1\r\n",
  " HTTP/1.0\r\n",
  "Host: a.test\r\n",
  "Host: b.test\r\n",
  "http://b.test/",
  "@",
  "Content-Length: 3\r\n",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Connection: close, x\r\n",
  "Upgrade: websocket\r\nConnection: upgrade\r\n",
  "X-Forwarded-For: 1\r\n",
  "x: y\r\n",
];

/** A random whole number below `limit`. */
export type Pick = (limit: number) => number;

/** One to four mutations of `text`; `other` is spliced in now and then. */
export function mutate(text: string, other: string, pick: Pick): string {
  for (let left = 1 + pick(4); left > 0; left--) text = mutateOnce(text, other, pick);
  return text;
}

function mutateOnce(text: string, other: string, pick: Pick): string {
  const at = pick(text.length + 1);
  const before = text.slice(0, at);
  const after = text.slice(at);
  switch (pick(8)) {
    case 0:
      return before + String.fromCharCode(pick(256)) + after.slice(1);
    case 1:
      return before + String.fromCharCode((text.charCodeAt(at) || 0) & 0xff ^ (1 << pick(8))) +
        after.slice(1);
    case 2:
      return before + after.slice(1 + pick(8));
    case 3:
      return before + after.slice(0, pick(20)) + after;
    case 4:
      return before + other.slice(pick(other.length + 1));
    case 5:
      return before + swapCase(after.slice(0, 10)) + after.slice(10);
    default:
      return before + (DICTIONARY[pick(DICTIONARY.length)] as string) + after;
  }
}

function swapCase(text: string): string {
  const lower = text.toLowerCase();
  return lower === text ? text.toUpperCase() : lower;
}
