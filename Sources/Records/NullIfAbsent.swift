/// An optional field that a record always has: `null` where there is nothing to say, so that a reader of the JSON need
/// not tell "absent" from "unknown". A record that was written before the field existed is read as if it had null.
@propertyWrapper
public struct NullIfAbsent<Value: Codable & Sendable & Equatable>: Codable, Sendable, Equatable {
  public var wrappedValue: Value?

  public init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    guard let wrappedValue else { return try container.encodeNil() }
    try container.encode(wrappedValue)
  }
}

/// What the synthesized coding of a record calls for such a field.
extension KeyedDecodingContainer {
  func decode<Value>(_ type: NullIfAbsent<Value>.Type, forKey key: Key) throws -> NullIfAbsent<Value> {
    try decodeIfPresent(type, forKey: key) ?? NullIfAbsent(wrappedValue: nil)
  }
}
