/// A protocol or a mutant is one file and one line in a list: a file without its line would never run.
import Foundation
import MirrorMMU
import Testing

@Suite struct RegistryTests {
  private static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../../../Sources/MirrorMMU", directoryHint: .isDirectory)

  private func texts(_ folder: String) throws -> [String] {
    let folder = Self.sources.appending(path: folder)
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
      try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
    }
  }

  /// The text between the first `before` and the next `after` in each text that has it.
  private func found(_ texts: [String], between before: String, and after: String) -> [String] {
    texts.compactMap { text in
      guard let start = text.range(of: before), let end = text[start.upperBound...].range(of: after) else { return nil }
      return String(text[start.upperBound..<end.lowerBound])
    }
  }

  @Test func `every protocol that has a file is listed`() throws {
    let files = found(try texts("Protocols"), between: "static let name = \"", and: "\"")
    #expect(files.count >= 6)
    #expect(Set(files) == Set(ProtocolName.allCases.map(\.rawValue)))
  }

  @Test func `every mutant that has a file is listed`() throws {
    let files = found(try texts("Mutants"), between: "= Mutant(\n    \"", and: "\"")
    #expect(files.count >= 20)
    #expect(Set(files) == Set(Mutant.allCases.map(\.rawValue)))
  }

  @Test func `names are unique and can stand in a token`() {
    for names in [ProtocolName.allCases.map(\.rawValue), Mutant.allCases.map(\.rawValue)] {
      #expect(Set(names).count == names.count)
      for name in names {
        #expect(name.count <= 32 && name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") })
      }
    }
  }
}
