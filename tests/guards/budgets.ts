// Size budgets of the tree and the few files and functions that are outside of them, each by name.

/** Lines, blank ones and comments included. */
export const FILE_MEDIAN = 150;
export const FILE_LIMIT = 400;
export const FUNCTION_P90 = 40;
export const FUNCTION_LIMIT = 80;
/** One switch over the bytes of a message reads best whole. */
export const BYTE_SWITCH_LIMIT = 120;

/** Generated files and tables of data: their length is that of what they describe. */
export const DATA_FILES: readonly string[] = ["config/schema/messages.ts"];

/** Functions that are one switch over bytes: `path#name`. At most one a parser. */
export const BYTE_SWITCHES: readonly string[] = [];
