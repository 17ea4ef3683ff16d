// The JSON form of messages, as saved states and the `--json` output of the command line use it.

export { fromJson } from "./json_decode.ts";
export { JsonError } from "./json_reader.ts";
export { type Spelling, toJson, toJsonPretty } from "./json_write.ts";
