/// A value of a JSON text with its place in it, for messages about what is wrong there.
import Episodes
import Foundation

struct JSONNode {
  enum Value: Decodable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case array([Value])
    case object([String: Value])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let value = try? container.decode(Bool.self) {
        self = .flag(value)
      } else if let value = try? container.decode(Double.self) {
        self = .number(value)
      } else if let value = try? container.decode(String.self) {
        self = .text(value)
      } else if let value = try? container.decode([Value].self) {
        self = .array(value)
      } else {
        self = .object(try container.decode([String: Value].self))
      }
    }
  }

  let value: Value
  /// `cells[3].policy`; empty for the whole text.
  let path: String

  private init(_ value: Value, _ path: String) {
    self.value = value
    self.path = path
  }

  /// - Throws: for what is not JSON, with the line where the parser could tell.
  init(parsing bytes: [UInt8]) throws(ConfigurationTextError) {
    do {
      self.init(try JSONDecoder().decode(Value.self, from: Data(bytes)), "")
    } catch {
      throw ConfigurationTextError("it is not valid JSON\(Self.place(bytes))")
    }
  }

  /// The line of the mistake. Of Foundation's two parsers one tells where it was, and in its prose only.
  private static func place(_ bytes: [UInt8]) -> String {
    do {
      _ = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
      return ""
    } catch {
      let prose = (error as NSError).userInfo["NSDebugDescription"] as? String ?? ""
      guard let match = prose.firstMatch(of: /character (\d+)/), let offset = Int(match.1) else { return "" }
      return ", line \(bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") } + 1)"
    }
  }

  private var shown: String { path.isEmpty ? "the whole" : path }

  private func refusal(_ wanted: String) -> ConfigurationTextError {
    ConfigurationTextError("\(shown) must be \(wanted)")
  }

  // MARK: Reading

  /// That this is an object, and has no other keys.
  func expectKeys(_ keys: [String]) throws(ConfigurationTextError) {
    guard case .object(let fields) = value else { throw refusal("an object with \(keys.joined(separator: ", "))") }
    // In alphabetical order: that of a dictionary differs from run to run.
    if let other = fields.keys.filter({ !keys.contains($0) }).min() {
      throw ConfigurationTextError(
        "\(child(other)) is not known; allowed in \(shown): \(keys.joined(separator: ", "))")
    }
  }

  func optional(_ key: String) -> JSONNode? {
    guard case .object(let fields) = value, let field = fields[key] else { return nil }
    return JSONNode(field, child(key))
  }

  func field(_ key: String) throws(ConfigurationTextError) -> JSONNode {
    guard let field = optional(key) else { throw ConfigurationTextError("\(child(key)) is missing") }
    return field
  }

  func elements(_ key: String) throws(ConfigurationTextError) -> [JSONNode] { try field(key).elements() }

  func elements() throws(ConfigurationTextError) -> [JSONNode] {
    guard case .array(let values) = value else { throw refusal("an array") }
    return values.enumerated().map { JSONNode($0.element, "\(path)[\($0.offset)]") }
  }

  /// A text that `isKnown` allows.
  func name(_ isKnown: (String) -> Bool) throws(ConfigurationTextError) -> String {
    guard case .text(let text) = value else { throw refusal("a text") }
    guard isKnown(text) else { throw ConfigurationTextError("\(path) is '\(text)', a name that is not known") }
    return text
  }

  /// A text that is not empty.
  func sentence() throws(ConfigurationTextError) -> String {
    guard case .text(let text) = value, !text.isEmpty else { throw refusal("a text that is not empty") }
    return text
  }

  func flag() throws(ConfigurationTextError) -> Bool {
    guard case .flag(let flag) = value else { throw refusal("true or false") }
    return flag
  }

  func count() throws(ConfigurationTextError) -> UInt64 {
    guard case .number(let number) = value, let count = UInt64(exactly: number), (1...1_000_000_000).contains(count)
    else { throw refusal("a whole number, 1...1000000000") }
    return count
  }

  private func child(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
