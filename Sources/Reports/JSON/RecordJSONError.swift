/// What is wrong with a record file, in one line.
package struct RecordJSONError: Error, Equatable, Sendable, CustomStringConvertible {
  package let message: String

  package var description: String { message }

  init(_ message: String) { self.message = message }

  init(_ error: any Error) {
    self.init("the record is damaged: \(Self.damage(error).onOneLine)")
  }

  private static func damage(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      "\(path(context.codingPath + [key])) is missing"
    case DecodingError.typeMismatch(_, let context) where context.codingPath.isEmpty,
      DecodingError.valueNotFound(_, let context) where context.codingPath.isEmpty:
      "it is not a JSON object"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "\(path(context.codingPath)) has another type than in the schema"
    case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
      "\(path(context.codingPath)) has a value that the schema does not allow"
    default:
      "it is not valid JSON"
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce("") { path, key in
      if let index = key.intValue { return path + "[\(index)]" }
      return path.isEmpty ? key.stringValue : path + "." + key.stringValue
    }
  }
}
