// PEM text (RFC 7468) cut into its blocks. Nothing is decoded here.

/** Most blocks taken from one text; a chain has three or four. */
const MAX_BLOCKS = 64;

/** The blocks labelled `label`, each with its markers and a final line end; text between is ignored. */
export function readPemBlocks(text: string, label: string): string[] {
  const begin = `-----BEGIN ${label}-----`;
  const end = `-----END ${label}-----`;
  const blocks: string[] = [];
  for (let at = 0; blocks.length < MAX_BLOCKS;) {
    const start = text.indexOf(begin, at);
    const stop = start < 0 ? -1 : text.indexOf(end, start);
    if (stop < 0) break;
    at = stop + end.length;
    blocks.push(`${text.slice(start, at)}\n`);
  }
  return blocks;
}
