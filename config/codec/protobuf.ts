// The protobuf codec of the command channel: `encode` and `decode` for every message of schema.proto.
// Framing (lengths on a stream) is not its business.

export { encode } from "./protobuf_encode.ts";
export { decode, DECODE_DEPTH_LIMIT, DecodeError } from "./protobuf_decode.ts";
