// What can be wrong with a field section (RFC 9113 section 8), as small integers and by the names that
// metrics have for it. Whatever is wrong makes the message malformed: its stream is reset.

/** Why a field section was refused; NONE means it was not. */
export const HeadProblem = {
  NONE: 0,
  INVALID_NAME_BYTE: 1,
  CONNECTION_SPECIFIC_HEADER: 2,
  TE_NOT_TRAILERS: 3,
  CRLF_IN_VALUE: 4,
  NUL_IN_VALUE: 5,
  OVERSIZED_PSEUDO_VALUE: 6,
  INVALID_METHOD: 7,
  INVALID_SCHEME: 8,
  INVALID_PATH: 9,
  INVALID_STATUS: 10,
  CL_TE_CONFLICT: 11,
  DUPLICATE_CL: 12,
  DUPLICATE_PSEUDO: 13,
  PSEUDO_AFTER_REGULAR: 14,
  UNKNOWN_PSEUDO: 15,
  EMPTY_PSEUDO: 16,
  HEADER_LIST_SIZE: 17,
  HEADER_FIELDS: 18,
  /** The rest have no name in the metrics. */
  MISSING_PSEUDO: 19,
  PATH_FORM: 20,
  HOST_CONFLICT: 21,
  /** The authority is none; such a request wants an answer. */
  AUTHORITY: 22,
  /** END_STREAM came with a head that announces a body, or a body is not as long as announced. */
  BODY_LENGTH: 23,
  /** An interim response that ends its stream, or trailers that do not. */
  END_OF_STREAM: 24,
} as const;
export type HeadProblem = typeof HeadProblem[keyof typeof HeadProblem];

/** The last problem with a metric of its own, `h2.headers.rejected.<name>`. */
const LAST_NAMED = HeadProblem.HEADER_FIELDS;

const NAMES: readonly string[] = Object.keys(HeadProblem).map((name) => name.toLowerCase());

/** The end of the metric's name, or `null` for a problem that is only part of the total. */
export function problemMetric(problem: HeadProblem): string | null {
  return problem > LAST_NAMED ? null : NAMES[problem] ?? null;
}

/** The name for logs. */
export function problemName(problem: HeadProblem): string {
  return NAMES[problem] ?? "unknown";
}

/** Whether the peer sent more than we take, which has an error code of its own. */
export function isExcess(problem: HeadProblem): boolean {
  return problem === HeadProblem.HEADER_LIST_SIZE || problem === HeadProblem.HEADER_FIELDS;
}
