// Reads schema.proto with protobufjs's parser. Shared by the generator and by the test that pins the
// wire contract; not part of the running proxy.

import protobuf from "protobufjs";

/** Every message and enum of the schema, in the order of the text, with field types resolved. */
export function parseSchema(text: string): (protobuf.Type | protobuf.Enum)[] {
  const { root } = protobuf.parse(text, {
    keepCase: true,
    alternateCommentMode: true,
    preferTrailingComment: false,
  });
  root.resolveAll();
  const space = root.lookup("command");
  if (!(space instanceof protobuf.Namespace)) {
    throw new Error('Cannot read the schema: package "command" is missing');
  }
  return space.nestedArray.filter((object) =>
    object instanceof protobuf.Type || object instanceof protobuf.Enum
  );
}
