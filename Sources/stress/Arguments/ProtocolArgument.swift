import ArgumentParser
import Campaign
import MirrorMMU

/// What `--protocol` takes: a protocol, or a protocol with alternatives, NAME+ALTERNATIVE.
enum ProtocolArgument {
  static let completion = CompletionKind.list(ProtocolName.withAlternatives.map(\.rawValue))

  static func parse(_ text: String) throws -> ProtocolName {
    if let value = ProtocolName(rawValue: text) { return value }
    let words = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    let name: ProtocolName = try NameArgument.parse(String(words[0]))
    guard words.count > 1 else { return name }
    let own = name.alternativeNames
    throw ConfigurationTextError(
      own.isEmpty
        ? "\(name.rawValue) has no alternatives"
        : "allowed: \(own.map { "\(name.rawValue)+\($0)" }.joined(separator: ", ")), or several in this order")
  }
}
