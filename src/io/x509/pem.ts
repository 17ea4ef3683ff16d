// PEM text (RFC 7468) cut into its blocks. Nothing is decoded here.

/** Most blocks taken from one text; a chain has three or four. */
const MAX_BLOCKS = 64;

/** The blocks labelled `label`, at most `most`, each with its markers and a final line end; text between is ignored. */
export function readPemBlocks(text: string, label: string, most: number = MAX_BLOCKS): string[] {
  const begin = `-----BEGIN ${label}-----`;
  const end = `-----END ${label}-----`;
  const blocks: string[] = [];
  for (let at = 0; blocks.length < most;) {
    const start = text.indexOf(begin, at);
    const stop = start < 0 ? -1 : text.indexOf(end, start);
    if (stop < 0) break;
    at = stop + end.length;
    blocks.push(`${text.slice(start, at)}\n`);
  }
  return blocks;
}

/** The bytes of one block; `null` when they are no base64. */
export function pemBytes(block: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(block.replace(/-----[^-]*-----/g, ""));
  } catch {
    return null;
  }
}

/** The labels of the blocks in a text, each once, for error messages. */
function pemLabels(text: string): string[] {
  const labels = new Set<string>();
  for (const [, label = ""] of text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)) {
    labels.add(label);
    if (labels.size >= MAX_BLOCKS) break;
  }
  return [...labels];
}

const KEY_LABELS = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];

/** The first private key of a text as a PEM block (PKCS#8, PKCS#1 or SEC1), or why there is none to use. */
export function readKeyBlock(text: string): string | { readonly problem: string } {
  const [block] = KEY_LABELS.flatMap((label) => readPemBlocks(text, label));
  const labels = pemLabels(text);
  // PKCS#8 says it in the label, the older forms in a header of the block (RFC 1421 section 4.6).
  const isEncrypted = block === undefined
    ? labels.includes("ENCRYPTED PRIVATE KEY")
    : /^Proc-Type: *4, *ENCRYPTED/m.test(block);
  if (isEncrypted) {
    return {
      problem: "the private key is encrypted, and nobody is there to type its passphrase: " +
        "decrypt it with 'openssl pkey -in KEY -out PLAIN'",
    };
  }
  if (block !== undefined) return block;
  if (text.trim() === "") return { problem: "empty key" };
  const [found] = labels;
  const held = found === undefined ? "no PEM block" : `a block '${found}'`;
  return { problem: `empty key: it holds ${held}, accepted: '${KEY_LABELS.join("', '")}'` };
}
