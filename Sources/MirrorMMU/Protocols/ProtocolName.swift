/// The update protocols that can be selected with `--protocol`, each with the alternatives that are asked for.
///
/// Written `NAME` or `NAME+ALTERNATIVE`, more alternatives with more plus signs.

public struct ProtocolName: Sendable {
  let entry: ProtocolEntry
  let alternatives: Alternatives

  private init(_ entry: ProtocolEntry, _ alternatives: Alternatives = []) {
    self.entry = entry
    self.alternatives = alternatives
  }

  /// A protocol that is not in the list, for tests: it runs, but no token that names it can be read.
  package init<Variant: UpdateProtocol>(unlisted variant: Variant.Type) {
    self.init(ProtocolEntry(variant))
  }

  public static let mainline = ProtocolName(ProtocolEntry(Mainline.self))

  public var summary: String { entry.summary }

  /// The names of the alternatives that it can be had with.
  package var alternativeNames: [String] { entry.alternatives.names }

  /// All alternatives, with what each does.
  package static var allAlternatives: [(name: String, summary: String)] {
    Alternatives.named.map { ($0.name, $0.summary) }
  }

  /// Every protocol, followed by itself with each one of its alternatives.
  package static let withAlternatives: [ProtocolName] = Protocols.all.flatMap { entry in
    [ProtocolName(entry)]
      + Alternatives.named.filter { entry.alternatives.contains($0.value) }.map { ProtocolName(entry, $0.value) }
  }
}

extension ProtocolName: RawRepresentable, CaseIterable, Hashable {
  /// Without alternatives, in the order of the thread.
  public static let allCases: [ProtocolName] = Protocols.all.map { ProtocolName($0) }

  public var rawValue: String { ([entry.name] + alternatives.names).joined(separator: "+") }

  /// nil for a protocol that there is not, and for an alternative that the protocol has no line for.
  public init?(rawValue: String) {
    let words = rawValue.split(separator: "+", omittingEmptySubsequences: false)
    guard let entry = Protocols.all.first(where: { $0.name == words[0] }) else { return nil }
    var alternatives: Alternatives = []
    for word in words.dropFirst() {
      guard let named = Alternatives.named.first(where: { $0.name == word }), entry.alternatives.contains(named.value)
      else { return nil }
      alternatives.insert(named.value)
    }
    self.init(entry, alternatives)
    // One name each: a protocol has one written form in tokens and records.
    guard self.rawValue == rawValue else { return nil }
  }

  public static func == (left: ProtocolName, right: ProtocolName) -> Bool { left.rawValue == right.rawValue }
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}
