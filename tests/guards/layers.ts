// Who may import whom: downwards only. This table is the architecture; the guard test holds the tree
// to it.

/** One layer of the tree. */
export interface Layer {
  /** Files whose path starts with this belong to the layer; the longest match wins. */
  readonly prefix: string;
  /** Prefixes it may import from, besides its own. */
  readonly uses: readonly string[];
  /** Prefixes of which it may import types, but no code. */
  readonly usesTypesOf?: readonly string[];
}

const BYTES = "src/bytes/";
const HTTP = "src/protocol/http/";
const CORE = "src/protocol/core.ts";
const CONTROL = "src/protocol/control/";
/** Numbers and names that an operator may look for; it imports nothing. */
const DEFAULTS = "config/defaults.ts";

/** What every protocol core may use: bytes, the core contract and the neutral HTTP model. */
const OF_A_CORE = [BYTES, CORE, HTTP, DEFAULTS];

/** Every layer, lowest first. */
export const LAYERS: readonly Layer[] = [
  { prefix: DEFAULTS, uses: [] },
  { prefix: BYTES, uses: [] },
  { prefix: "src/observe/", uses: [BYTES, DEFAULTS] },
  { prefix: CORE, uses: [BYTES] },
  { prefix: HTTP, uses: [BYTES, CORE, DEFAULTS] },
  { prefix: "src/protocol/", uses: OF_A_CORE },
  { prefix: "src/routing/", uses: [BYTES, HTTP] },
  { prefix: "src/answers/", uses: [BYTES, HTTP, DEFAULTS] },
  // Whether a route, a template or a header can be served is asked of those who will serve it.
  { prefix: "config/", uses: [BYTES, HTTP, "src/routing/", "src/answers/"] },
  {
    prefix: "src/balancing/",
    uses: [BYTES, HTTP, DEFAULTS],
    usesTypesOf: ["config/", "src/observe/"],
  },
  // The doors to the outside may hand out what lower layers describe.
  { prefix: "src/io/", uses: [BYTES], usesTypesOf: ["config/"] },
  {
    prefix: "src/session/",
    uses: [
      BYTES,
      "src/protocol/",
      "src/routing/",
      "src/balancing/",
      "src/answers/",
      "src/observe/",
      "src/io/contracts.ts",
      DEFAULTS,
    ],
    usesTypesOf: ["config/"],
  },
  { prefix: "src/exposition/", uses: [BYTES, "src/observe/"], usesTypesOf: ["config/"] },
  { prefix: "src/configuration/", uses: ["config/", "src/io/"] },
  { prefix: "src/client/", uses: ["config/", CONTROL, "src/io/"] },
  {
    prefix: "src/supervisor/",
    // Ids of sessions and of audit rows are made like those of requests; rows hold the version.
    uses: [
      "config/",
      CONTROL,
      `${HTTP}ids/`,
      "src/io/",
      "src/configuration/",
      "src/observe/",
      "src/exposition/",
      "deno.json",
    ],
  },
  {
    prefix: "src/connectors/",
    uses: ["config/", CONTROL, "src/io/", "src/client/", "src/exposition/"],
  },
  // The manifest holds the version that the command line shows.
  // What serves a name is told by the tables that route.
  {
    prefix: "src/cli/",
    uses: [
      "config/",
      CONTROL,
      "src/routing/",
      "src/io/",
      "src/configuration/",
      "src/client/",
      "deno.json",
    ],
  },
  {
    prefix: "src/proxy/",
    uses: [
      "config/",
      BYTES,
      "src/protocol/",
      "src/routing/",
      "src/balancing/",
      "src/answers/",
      "src/io/",
      "src/session/",
      "src/observe/",
    ],
  },
  {
    prefix: "workers/",
    uses: [
      "config/",
      CONTROL,
      // The access log names sessions.
      `${HTTP}ids/`,
      "src/io/",
      "src/observe/",
      "src/proxy/",
      // The build a worker introduces itself with begins with the version.
      "deno.json",
    ],
  },
  {
    prefix: "main.ts",
    uses: ["src/supervisor/", "workers/", "src/cli/", "src/connectors/", "src/io/"],
  },
];

/** The layer a file belongs to, or null when the table has no place for it. */
export function layerOf(path: string): Layer | null {
  const candidates = LAYERS.filter(({ prefix }) => path.startsWith(prefix));
  return candidates.sort((a, b) => b.prefix.length - a.prefix.length)[0] ?? null;
}

/**
 * Whether a file may import another of the tree. Inside `src/protocol/` each folder is a core of its
 * own and only its own folder counts as its layer.
 */
export function mayImport(from: string, to: string, typesOnly: boolean): boolean {
  const layer = layerOf(from);
  if (layer === null) return false;
  const allowed = typesOnly ? [...layer.uses, ...(layer.usesTypesOf ?? [])] : layer.uses;
  return to.startsWith(homeOf(from, layer)) || allowed.some((prefix) => to.startsWith(prefix));
}

function homeOf(path: string, layer: Layer): string {
  if (layer.prefix !== "src/protocol/") return layer.prefix;
  return path.slice(0, path.indexOf("/", layer.prefix.length) + 1) || path;
}
