/// Lines that a commit has added or changed, and how often each of them ran.
import Foundation
import KernelMMU
import Records

enum SeriesLines {
  /// A line of a commit that its parent does not have in this place.
  struct Changed: Codable {
    var file: String
    var line: Int
    var text: String
  }

  /// - Parameters: a file's content before and after; nil where there is none.
  static func changed(_ path: String, old: [UInt8]?, new: [UInt8]?) -> [Changed] {
    guard let new, path.hasSuffix(".c") || path.hasSuffix(".h") else { return [] }
    let (before, after) = (lines(old ?? []), lines(new))
    return after.difference(from: before).insertions.compactMap { change in
      guard case .insert(let offset, let text, _) = change else { return nil }
      return Changed(file: path, line: offset + 1, text: text.trimmingCharacters(in: .whitespaces))
    }
  }

  private static func lines(_ bytes: [UInt8]) -> [String] {
    bytes.split(separator: 10, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Those that are code which was compiled, with what was counted of them.
  static func counted(_ changed: [Changed], _ code: CodeCoverage) -> [SeriesRecord.ChangedLine] {
    let counts = code.files.reduce(into: [String: [Int: UInt64]]()) { sum, file in
      sum[file.path] = Dictionary(file.lines.map { ($0.number, $0.count) }) { $1 }
    }
    return changed.compactMap { line in
      counts[line.file]?[line.line].map { .init(file: line.file, line: line.line, text: line.text, count: $0) }
    }
  }
}
