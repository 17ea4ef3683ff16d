// Every default value and limit of the configuration, and every fixed limit that an operator may meet, the
// unit in the name, the reason above it.
// "sozu 2.1" means: chosen to behave like it, so that an existing file keeps its meaning. Only
// numbers and names live here; what they are for is described where they are read.

// --- the configuration file itself ---------------------------------------------------------------

/** Anything larger is a mistake (a log, an image): 30 000 clusters are about 4 MiB. */
export const MAX_CONFIG_FILE_BYTES = 16 * 1024 * 1024;
/** Parsing takes about a kilobyte of memory for each separator; 30 000 clusters have 800 000. */
export const MAX_CONFIG_SEPARATORS = 1_000_000;
/** The deepest documented key has six levels; 64 leaves room and keeps recursion harmless. */
export const MAX_CONFIG_NESTING = 64;
/** A template or chain of a million characters still fits in one command message. */
export const MAX_NAMED_FILE_CHARACTERS = 1_000_000;
/** More than a person repairs in one go; bounds what a hostile file can make us print. */
export const MAX_PROBLEMS_REPORTED = 200;
/** Long enough to recognise a value, short enough for one terminal line. */
export const MAX_QUOTED_VALUE_CHARACTERS = 80;
/** Keys longer than any of ours are not worth an edit-distance computation. */
export const MAX_SUGGESTION_CHARACTERS = 64;

// --- control plane -------------------------------------------------------------------------------

/** File name of the command socket in the working directory when none is configured (sozu 2.1). */
export const DEFAULT_COMMAND_SOCKET_NAME = "sozu.sock";
/**
 * Longest path of the command socket: a socket's address holds 107 bytes (unix(7)), of which an upgrade of
 * main takes ".next." and a process id of seven digits.
 */
export const MAX_COMMAND_SOCKET_BYTES = 94;
/** File mode of the command socket: only its owner may open it (sozu 2.3). */
export const DEFAULT_COMMAND_SOCKET_MODE = 0o600;
/** First size of a command channel buffer: a typical state fits without growing (sozu 2.1). */
export const DEFAULT_COMMAND_BUFFER_BYTES = 1_000_000;
/** Largest command message: bounds what one client can make us hold (sozu 2.1). */
export const DEFAULT_MAX_COMMAND_BUFFER_BYTES = 2_000_000;
/** A certificate with its chain and key, as text: less could not carry what must be added. */
export const MIN_COMMAND_BUFFER_BYTES = 65_536;
/** The longest wait of a timer of the runtime: beyond it, it would be over at once. */
export const MAX_TIMER_SECONDS = 2_147_483;
/** How long the command line waits for one answer, in milliseconds (sozu 2.1). */
export const DEFAULT_CTL_COMMAND_TIMEOUT_MS = 1_000;
/** How long main waits for all workers to answer one command (sozu 2.1). */
export const DEFAULT_WORKER_TIMEOUT_SECONDS = 10;
/**
 * How long a soft stop lets what is under way go on: below the 90 seconds after which service managers
 * kill (sozu 2.1 waits for ever, so that one open tunnel keeps it from stopping).
 */
export const DEFAULT_SOFT_STOP_TIMEOUT_SECONDS = 60;
/** Two workers survive the crash of one (sozu 2.1). */
export const DEFAULT_WORKER_COUNT = 2;
/** A crashed worker is replaced unless asked otherwise (sozu 2.1). */
export const DEFAULT_WORKER_AUTOMATIC_RESTART = true;
/** Pinning to cores is opt-in: wrong on shared machines (sozu 2.1). */
export const DEFAULT_HANDLE_PROCESS_AFFINITY = false;
/** The state is written on demand only (sozu 2.1). */
export const DEFAULT_AUTOMATIC_STATE_SAVE = false;
/** Declared listeners start listening without a further command (sozu 2.1). */
export const DEFAULT_ACTIVATE_LISTENERS = true;

/**
 * Clients of the command socket at once. Tools, connectors and dashboards of one machine are a few dozen; the
 * file descriptors and buffers of the rest are worth more to main than a client that leaks them.
 */
export const MAX_COMMAND_CLIENTS = 512;
/** How long a client of the command socket may leave a full output unread before it is dropped. */
export const STALLED_COMMAND_CLIENT_MS = 30_000;
/**
 * Commands of one client under way at once, and their bytes. Enough to hide the round trip to the
 * workers, few enough that a client cannot fill the memory with what waits for each other.
 */
export const MAX_COMMANDS_UNDER_WAY = 1024;
export const MAX_COMMAND_BYTES_UNDER_WAY = 512 * 1024;
/**
 * Largest state file read. A hundred thousand frontends with certificates stay below it; reading
 * anything longer into memory would only serve a mistake.
 */
export const MAX_STATE_FILE_BYTES = 256 * 1024 * 1024;
/** Calm awaited before the state is saved, so that a burst of changes is written once. */
export const STATE_SAVE_SETTLE_MS = 100;
/** Longest time for which a steady stream of changes can put the save off. */
export const MAX_STATE_SAVE_DELAY_MS = 2_000;
/** Wait after a save that failed, doubled with every further failure up to the maximum. */
export const FIRST_STATE_SAVE_RETRY_MS = 1_000;
export const MAX_STATE_SAVE_RETRY_MS = 60_000;

// --- workers -------------------------------------------------------------------------------------

/** Wait before the start of a worker that crashed twice in a row, doubled with every further crash. */
export const FIRST_RESTART_DELAY_MS = 100;
/** Longest such wait: a worker that always dies at start costs one spawn every five seconds. */
export const MAX_RESTART_DELAY_MS = 5_000;
/** A worker that lived this long had started well: its crash is the first of a row. */
export const STABLE_WORKER_MS = 10_000;
/**
 * Bytes of commands that wait for one worker at most. A worker that hangs while commands keep coming would otherwise
 * make main grow; a whole state of a hundred thousand objects still fits several times.
 */
export const MAX_WORKER_BACKLOG_BYTES = 256 * 1024 * 1024;
/** Ended workers still listed: enough to see a crash loop, too few to hide the workers that run. */
export const MAX_STOPPED_WORKERS_LISTED = 8;
/** How long an ended worker is listed: who replaces one looks within minutes. */
export const STOPPED_WORKER_LISTED_MS = 10 * 60_000;
/**
 * How long clients of a worker that leaves get to send one more request on a kept connection: its
 * response tells them to leave, which a closed connection could only do too late.
 */
export const KEEP_ALIVE_FAREWELL_MS = 2_000;

// --- logs and metrics ----------------------------------------------------------------------------

/** Quiet in production, still shows life-cycle events (sozu 2.1). */
export const DEFAULT_LOG_LEVEL = "info";
/** Service managers and containers collect standard output (sozu 2.1). */
export const DEFAULT_LOG_TARGET = "stdout";
/** Every new trace is exported unless told otherwise: what a first look at tracing needs. */
export const DEFAULT_SAMPLE_RATIO = 1;
/** Name of this program among the services of a trace. */
export const DEFAULT_SERVICE_NAME = "sozu";
/** Escape sequences do not belong in collected logs (sozu 2.1). */
export const DEFAULT_LOG_COLORED = false;
/** Cluster metrics are the ones dashboards need; switching them off is opt-in (sozu 2.1). */
export const DEFAULT_DISABLE_CLUSTER_METRICS = false;
/** Plain statsd names; InfluxDB-style tags are opt-in (sozu 2.1). */
export const DEFAULT_TAGGED_METRICS = false;

/** Longest wait of a scrape for a worker: scrapers wait for ten seconds unless told. */
export const SCRAPE_WORKER_TIMEOUT_MS = 5_000;
/** Longest name of a lease on metrics, and longest lease (sozu 2.1). */
export const MAX_LEASE_CLIENT_BYTES = 64;
export const MAX_LEASE_SECONDS = 300;

// --- memory and connections ----------------------------------------------------------------------

/** Client sessions a worker holds at once; needs twice as many file descriptors (sozu 2.1). */
export const DEFAULT_MAX_CONNECTIONS = 10_000;
/** Below this, evicting one percent of the sessions rounds to none (sozu 2.1). */
export const MIN_CONNECTIONS_FOR_EVICTION = 100;
/** Ceiling of the buffer pool (sozu 2.1). */
export const DEFAULT_MAX_BUFFERS = 1_000;
/** Floor of the buffer pool: grows on demand (sozu 2.1). */
export const DEFAULT_MIN_BUFFERS = 1;
/** A request line of RFC 9112's recommended length would need 8000; a short head needs this much. */
export const MIN_BUFFER_BYTES = 1_024;
/** What one array of the runtime holds at most, rounded down. */
export const MAX_BUFFER_BYTES = 1_073_741_824;
/** RFC 9113 section 4.2: a frame header (9) and the smallest legal SETTINGS_MAX_FRAME_SIZE (16384). */
export const MIN_BUFFER_BYTES_FOR_H2 = 9 + 16_384;
/** The smallest buffer that can serve HTTP/2 (sozu 2.1). */
export const DEFAULT_BUFFER_BYTES = MIN_BUFFER_BYTES_FOR_H2;
/** Sessions need a client and a backend slot: fewer than two cannot proxy (sozu 2.1). */
export const MIN_SLAB_ENTRIES_PER_CONNECTION = 2;
/** More than this per connection is waste: an HTTP/2 session rarely holds more backends (sozu 2.1). */
export const MAX_SLAB_ENTRIES_PER_CONNECTION = 32;
/** What a worker uses when the file says nothing (sozu 2.1). */
export const WORKER_SLAB_ENTRIES_PER_CONNECTION = 4;
/** What a worker accepts as decoded Basic credentials when the file says nothing (sozu 2.1). */
export const WORKER_BASIC_AUTH_CREDENTIAL_BYTES = 4_096;
/** Credentials above this share of the buffer may not fit beside the rest of a head (sozu 2.1). */
export const BASIC_AUTH_BUFFER_DIVISOR = 3;
/** 0 = no limit of connections from one address to one cluster (sozu 2.1). */
export const DEFAULT_MAX_CONNECTIONS_PER_IP = 0;
/** The same for the clients of one network together. */
export const DEFAULT_MAX_CONNECTIONS_PER_SUBNET = 0;
/** Every address is a network of its own (sozu 2.3). */
export const DEFAULT_SUBNET_IPV4_PREFIX = 32;
export const DEFAULT_SUBNET_IPV6_PREFIX = 128;
/** Retry-After of a 429 answer; 0 leaves the header out (sozu 2.1). */
export const DEFAULT_RETRY_AFTER_SECONDS = 60;
/** Refusing new clients is the calmer choice; evicting old ones is opt-in (sozu 2.1). */
export const DEFAULT_EVICT_ON_QUEUE_FULL = false;

/** Idle connections that a worker keeps for one backend; nginx's documentation suggests tens, HAProxy keeps more. */
export const MAX_IDLE_UPSTREAMS_PER_BACKEND = 1024;
/** Idle backend connections that a worker keeps in all, so that the buffers they hold are bounded. */
export const MAX_IDLE_UPSTREAMS = 2048;
/** The smallest buffer holds an ordinary browser's head; an idle connection pins one. */
export const SMALL_BUFFER_BYTES = 4096;
/** The buffer of bodies: where CPU per byte stops falling with larger reads. */
export const BULK_BUFFER_BYTES = 64 * 1024;
/**
 * The largest buffer of tunnels. Tunnels have no framing to look at, so what is left to save is the receiver's wake-up for each write:
 * a fifth of the CPU time of a write of 64 KiB, and hardly anything of one of 256 KiB.
 */
export const WIDE_BUFFER_BYTES = 256 * 1024;
/** Largest buffers of a worker; tunnels beyond these do with those of bodies. */
export const MAX_WIDE_BUFFERS = 64;
/** Room for what is added to a head: forwarding lines, ids, connection lines. */
export const ADDED_HEAD_BYTES = 4096;
/** One in this many client connections is evicted at a time (sozu 2.1). */
export const EVICTION_SHARE = 100;
/** A worker that was full is so no more when less than this share of its connections is taken. */
export const ACCEPT_RELIEF_PERCENT = 90;

// --- timeouts ------------------------------------------------------------------------------------

/** An idle client connection (sozu 2.1). */
export const DEFAULT_FRONT_TIMEOUT_SECONDS = 60;
/** An idle backend connection, or a backend that does not answer (sozu 2.1). */
export const DEFAULT_BACK_TIMEOUT_SECONDS = 30;
/** Backends are near: three seconds lose at most one SYN retransmission (sozu 2.1). */
export const DEFAULT_CONNECT_TIMEOUT_SECONDS = 3;
/** Connections one request or TCP session may try, the first included (sozu 2.3). */
export const DEFAULT_MAX_CONNECTION_ATTEMPTS = 5;
/** A request head must arrive within this time: the answer to Slowloris (sozu 2.1). */
export const DEFAULT_REQUEST_TIMEOUT_SECONDS = 10;
/** Sweep for sessions no timer caught: a safety net, hence rare (sozu 2.1). */
export const DEFAULT_ZOMBIE_CHECK_INTERVAL_SECONDS = 1_800;
/** Clients that waited longer than this in the accept queue have given up (sozu 2.1). */
export const DEFAULT_ACCEPT_QUEUE_TIMEOUT_SECONDS = 60;

/**
 * A client that is sent away may go on sending for so long, so that it comes to read its answer: 8 MB at
 * 2 Mbit/s. nginx waits as long.
 */
export const LINGER_MS = 30_000;
/** How often such a client is looked at: one lost packet is repeated well within it. */
export const LINGER_STEP_MS = 1_000;
/** What must come in each of these steps: less is no upload, but a way to hold connections. */
export const LINGER_STEP_BYTES = 4_096;
/** 0 = an upload may be as slow as it likes while it moves (sozu 2.3); 4096 is a good defence. */
export const DEFAULT_UPLOAD_MIN_BYTES = 0;

/**
 * How long an idle backend connection is kept: shorter than the keep-alive timeouts of common backends
 * (nginx 75 s; Apache's 5 s is noticed).
 */
export const UPSTREAM_IDLE_MS = 30_000;
/**
 * How long what is in flight with a removed backend may go on: the draining period that load balancers
 * usually have, longer than ordinary downloads take. It ends what would never end by itself, such as
 * tunnels that are kept busy.
 */
export const REMOVED_BACKEND_DRAIN_MS = 300_000;
/** How long a draining worker waits for a request that is to be expected. */
export const EXPECTED_REQUEST_MS = 1_000;
/** How often a client is checked for a reset, in milliseconds. */
export const CLIENT_WATCH_MS = 300;
/** Longest wait for the end of a TLS handshake of a TCP listener that ends TLS. */
export const MAX_CLIENT_HELLO_MS = 10_000;

// --- listeners -----------------------------------------------------------------------------------

/** Listeners do not expect the PROXY protocol unless told (sozu 2.1). */
export const DEFAULT_EXPECT_PROXY = false;
/** How long a TCP listener waits for the ClientHello that decides where a connection goes, in seconds (sozu 2.3). */
export const DEFAULT_SNI_PREREAD_SECONDS = 5;
/** Bytes of such a ClientHello (sozu 2.3). */
export const DEFAULT_SNI_PREREAD_BYTES = 16_384;
/** Name of the cookie of sticky sessions (sozu 2.1). */
export const DEFAULT_STICKY_NAME = "SOZUBALANCEID";
/** Both X-Real-IP edits are opt-in (sozu 2.1). */
export const DEFAULT_ELIDE_X_REAL_IP = false;
export const DEFAULT_SEND_X_REAL_IP = false;
/** Requests get both X-Forwarded headers and Forwarded: the number of BOTH in the schema. */
export const DEFAULT_FORWARDED_HEADERS = 0;
/** Header values of requests may hold bytes above 127, as nginx and HAProxy have it. */
export const DEFAULT_ALLOW_OBS_TEXT = true;
/** Name of the correlation header a worker adds (sozu 2.1). */
export const WORKER_SOZU_ID_HEADER = "Sozu-Id";
/** UDP flows are short: their timeouts do not follow the global ones (sozu 2.1). */
export const DEFAULT_UDP_FRONT_TIMEOUT_SECONDS = 30;
export const DEFAULT_UDP_BACK_TIMEOUT_SECONDS = 30;
/** One Ethernet frame (sozu 2.1). */
export const DEFAULT_MAX_RX_DATAGRAM_BYTES = 1_500;
/** 0 = the worker derives the number of UDP flows from its file descriptor limit (sozu 2.1). */
export const DEFAULT_MAX_UDP_FLOWS = 0;
/** Statuses that had a template key of their own before the `answers` table existed (sozu 2.1). */
export const LEGACY_ANSWER_STATUSES = [
  "301",
  "400",
  "401",
  "404",
  "408",
  "413",
  "421",
  "429",
  "502",
  "503",
  "504",
  "507",
] as const;
/** Statuses the proxy answers with on its own: the above and the two newer redirects. */
export const ANSWER_STATUSES: readonly string[] = [...LEGACY_ANSWER_STATUSES, "302", "308"];

/** Wait before a socket that could not be opened is tried again, doubled with every further failure. */
export const FIRST_LISTEN_RETRY_MS = 500;
/** Longest such wait. */
export const MAX_LISTEN_RETRY_MS = 30_000;
/**
 * How long connections that wait in the queue of a socket that closes are still accepted. A queue is emptied in one turn of the loop; only where new connections keep coming,
 * because they cannot be sent elsewhere, does it take longer, and those would come for ever.
 */
export const ACCEPT_QUEUE_DRAIN_MS = 500;

// --- TLS -----------------------------------------------------------------------------------------

/**
 * Every cipher suite that is served, and what is offered unless told otherwise: authenticated encryption
 * with forward secrecy only, strongest first (sozu 2.1).
 */
export const DEFAULT_CIPHERS: readonly string[] = [
  "TLS13_AES_256_GCM_SHA384",
  "TLS13_AES_128_GCM_SHA256",
  "TLS13_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];
/** Post-quantum hybrid first, then the curves every client has (sozu 2.1). */
export const DEFAULT_GROUPS: readonly string[] = ["X25519MLKEM768", "x25519", "P-256", "P-384"];
/** Not configurable, carried in every HTTPS listener message (sozu 2.1). */
export const SIGNATURE_ALGORITHMS: readonly string[] = [
  "ECDSA+SHA256",
  "ECDSA+SHA384",
  "ECDSA+SHA512",
  "RSA+SHA256",
  "RSA+SHA384",
  "RSA+SHA512",
  "RSA-PSS+SHA256",
  "RSA-PSS+SHA384",
  "RSA-PSS+SHA512",
];
/** HTTP/2 is preferred (sozu 2.1). */
export const DEFAULT_ALPN_PROTOCOLS: readonly string[] = ["h2", "http/1.1"];
/** Tickets per TLS 1.3 handshake: one for each of a browser's parallel connections (sozu 2.1). */
export const DEFAULT_TLS13_TICKETS = 4n;
/** The authority of a request must fit the certificate served, else 421 (sozu 2.1). */
export const WORKER_STRICT_SNI_BINDING = true;
/** HTTP/1.1 clients are welcome (sozu 2.1). */
export const DEFAULT_DISABLE_HTTP11 = false;

/** One year: what hstspreload.org asks for and sozu 2.1 sends. */
export const DEFAULT_HSTS_MAX_AGE_SECONDS = 31_536_000;
/** A policy shorter than a day protects nobody between two visits (sozu 2.1 warns as well). */
export const MIN_USEFUL_HSTS_MAX_AGE_SECONDS = 86_400;
/** Browsers accept no shorter policy in their preload list. */
export const MIN_PRELOAD_HSTS_MAX_AGE_SECONDS = 31_536_000;

// --- clusters and backends -----------------------------------------------------------------------

/** Clusters have no cookie affinity, redirect nothing and send no PROXY header unless told. */
export const DEFAULT_STICKY_SESSION = false;
export const DEFAULT_HTTPS_REDIRECT = false;
export const DEFAULT_SEND_PROXY = false;
/** Equal weight for every backend (sozu 2.1). */
export const DEFAULT_BACKEND_WEIGHT = 100;
/** Backends below which a cluster is not sharded (sozu 2.3). */
export const DEFAULT_SHARD_MIN_BACKENDS = 8;
/** Path that health probes ask for (sozu 2.3). */
export const DEFAULT_HEALTH_CHECK_URI = "/";
/** Seconds between two health probes, and the timeout of one (sozu 2.1). */
export const DEFAULT_HEALTH_CHECK_INTERVAL_SECONDS = 10;
export const DEFAULT_HEALTH_CHECK_TIMEOUT_SECONDS = 5;
/** Probes in a row that change the opinion about a backend (sozu 2.1). */
export const DEFAULT_HEALTHY_THRESHOLD = 3;
export const DEFAULT_UNHEALTHY_THRESHOLD = 3;
/** 0 = any 2xx status counts as healthy (sozu 2.1). */
export const DEFAULT_EXPECTED_STATUS = 0;
/** Used by workers when `[clusters.ID.udp]` leaves them out: 0 = unlimited (sozu 2.1). */
export const WORKER_UDP_RESPONSES = 0;
export const WORKER_UDP_REQUESTS = 0;
/** Probes in a row for UDP backends: up after two, down after three (sozu 2.1). */
export const WORKER_UDP_HEALTH_RISE = 2;
export const WORKER_UDP_HEALTH_FALL = 3;
/** With every backend down, forwarding anyway is better than certain loss (sozu 2.1). */
export const WORKER_UDP_HEALTH_FAIL_OPEN = true;
export const WORKER_UDP_PROBE_INTERVAL_SECONDS = 5;
export const WORKER_UDP_PROBE_TIMEOUT_SECONDS = 2;
