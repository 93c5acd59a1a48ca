import Testing

/// What there is stands in a document, and what stands in a document there is.
@Suite struct DocumentMentionsTests {
  private static let spans = Document.guides.flatMap(\.codeSpans)
  private static let commands = Document.guides.flatMap { document in
    document.commandBlocks.flatMap { block in
      block.commands.map { Document.Piece(text: $0, place: block.place) }
    }
  }

  @Test func `each subcommand stands in a document`() throws {
    let interface = try Interface.stress.get()
    let shown = Set(
      (Self.spans + Self.commands).compactMap { interface.arguments(of: $0.text) }.map(interface.subcommand))
    #expect(interface.subcommands.count > 10)
    for subcommand in interface.subcommands {
      let isShown = shown.contains { $0 == subcommand || $0.hasPrefix("\(subcommand) ") }
      #expect(isShown, "no document shows `stress \(subcommand)`")
    }
  }

  @Test func `each script stands in a document`() {
    #expect(Scripts.names.count > 10)
    let texts = (Self.spans + Self.commands).map(\.text)
    for name in Scripts.names {
      #expect(texts.contains { $0.contains(name) }, "no document shows `\(name)`")
    }
  }

  /// Also of commands that cannot be run here.
  @Test func `the options of a command are those that it has`() throws {
    let interface = try Interface.stress.get()
    for piece in Self.commands + Self.spans {
      if let arguments = interface.arguments(of: piece.text) {
        let unknown = interface.unknownOptions(in: arguments)
        #expect(unknown == [], "\(piece.place): `\(piece.text)`")
      } else if piece.text.split(separator: " ").contains(where: { $0.hasPrefix("scripts/") }) {
        let unknown = Self.options(in: piece.text).filter { !Scripts.options.contains($0) }
        #expect(unknown == [], "\(piece.place): no script has this option of `\(piece.text)`")
      }
    }
  }

  @Test func `an option in a sentence is one that a command has`() throws {
    let known = try Interface.stress.get().allOptions.union(Scripts.options)
    for span in Self.spans where span.text.hasPrefix("--") {
      let unknown = Self.options(in: span.text).filter { !known.contains($0) }
      #expect(unknown == [], "\(span.place): no command and no script has this option")
    }
  }

  /// Up to a `--`, behind which are those of another command.
  private static func options(in text: String) -> [String] {
    text.split(separator: " ").prefix { $0 != "--" }.filter { $0.prefixMatch(of: /--[a-z]/) != nil }
      .map { String($0.prefix { $0 != "=" }) }
  }
}
