/// How often the lines, branches and functions of a kernel's files ran.
///
/// In JSON a file's counts are three texts, `12=3 14=0` for lines, `12.0=3` for branches, `name@12=3` for functions: as
/// objects they would be most of a record.
package struct CodeCoverage: Codable, Sendable, Equatable {
  package struct Line: Sendable, Equatable {
    package var number: Int
    package var count: UInt64

    package init(number: Int, count: UInt64) {
      self.number = number
      self.count = count
    }
  }

  package struct Branch: Sendable, Equatable {
    package var line: Int
    /// From 0 in each line.
    package var number: Int
    package var count: UInt64

    package init(line: Int, number: Int, count: UInt64) {
      self.line = line
      self.number = number
      self.count = count
    }
  }

  package struct Function: Sendable, Equatable {
    package var name: String
    package var line: Int
    package var count: UInt64

    package init(name: String, line: Int, count: UInt64) {
      self.name = name
      self.line = line
      self.count = count
    }
  }

  package struct File: Sendable, Equatable {
    /// In the tree.
    package var path: String
    /// Those that were compiled, ascending.
    package var lines: [Line]
    package var branches: [Branch]
    package var functions: [Function]

    package init(path: String, lines: [Line], branches: [Branch], functions: [Function]) {
      self.path = path
      self.lines = lines.sorted { $0.number < $1.number }
      self.branches = branches.sorted { ($0.line, $0.number) < ($1.line, $1.number) }
      self.functions = functions.sorted { ($0.line, $0.name) < ($1.line, $1.name) }
    }

    package var linesRun: Int { lines.count { $0.count > 0 } }
    package var branchesRun: Int { branches.count { $0.count > 0 } }
    package var functionsRun: Int { functions.count { $0.count > 0 } }
    /// Without its folders.
    package var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  }

  /// By path.
  package private(set) var files: [File]

  package init(files: [File]) { self.files = files.sorted { $0.path < $1.path } }

  package func file(_ path: String) -> File? { files.first { $0.path == path } }

  /// The counts of parts of a campaign; nil if none of them has any.
  package static func sum(_ parts: [CodeCoverage]) -> CodeCoverage? {
    guard parts.count > 1 else { return parts.first }
    let paths = Set(parts.flatMap { $0.files.map(\.path) })
    return CodeCoverage(files: paths.map { path in File.sum(parts.compactMap { $0.file(path) }, path) })
  }
}

extension CodeCoverage.File {
  fileprivate static func sum(_ parts: [Self], _ path: String) -> Self {
    func added<Key: Hashable>(_ counts: [(Key, UInt64)]) -> [(key: Key, value: UInt64)] {
      counts.reduce(into: [:]) { sum, entry in sum[entry.0, default: 0] &+= entry.1 }.map { ($0.key, $0.value) }
    }
    return Self(
      path: path,
      lines: added(parts.flatMap(\.lines).map { ($0.number, $0.count) }).map { .init(number: $0.key, count: $0.value) },
      branches: added(parts.flatMap(\.branches).map { ([$0.line, $0.number], $0.count) })
        .map { .init(line: $0.key[0], number: $0.key[1], count: $0.value) },
      functions: added(parts.flatMap(\.functions).map { ("\($0.name)@\($0.line)", $0.count) })
        .compactMap { Self.function($0.key, $0.value) })
  }

  fileprivate static func function(_ text: some StringProtocol, _ count: UInt64) -> CodeCoverage.Function? {
    let parts = text.split(separator: "@")
    guard parts.count == 2, let line = Int(parts[1]) else { return nil }
    return .init(name: String(parts[0]), line: line, count: count)
  }
}

extension CodeCoverage.File: Codable {
  private enum CodingKeys: String, CodingKey { case path, lines, branches, functions }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(path, forKey: .path)
    try container.encode(lines.map { "\($0.number)=\($0.count)" }.joined(separator: " "), forKey: .lines)
    try container.encode(
      branches.map { "\($0.line).\($0.number)=\($0.count)" }.joined(separator: " "), forKey: .branches)
    try container.encode(
      functions.map { "\($0.name)@\($0.line)=\($0.count)" }.joined(separator: " "), forKey: .functions)
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func counts<Value>(_ key: CodingKeys, _ read: (Substring, UInt64) -> Value?) throws -> [Value] {
      try container.decode(String.self, forKey: key).split(separator: " ").map { text in
        let parts = text.split(separator: "=")
        guard parts.count == 2, let count = UInt64(parts[1]), let value = read(parts[0], count) else {
          throw DecodingError.dataCorruptedError(
            forKey: key, in: container, debugDescription: "'\(text.prefix(80))' is no count")
        }
        return value
      }
    }
    self.init(
      path: try container.decode(String.self, forKey: .path),
      lines: try counts(.lines) { place, count in Int(place).map { .init(number: $0, count: count) } },
      branches: try counts(.branches) { place, count in
        let numbers = place.split(separator: ".").compactMap { Int($0) }
        return numbers.count == 2 ? .init(line: numbers[0], number: numbers[1], count: count) : nil
      },
      functions: try counts(.functions) { Self.function($0, $1) })
  }
}
