/// What a kernel in the cache was made of, beside it: one line for each thing that was taken from the tree, for
/// each header that was left empty, and for each name that the shim answered.
import Foundation

package struct TakenNote: Equatable, Sendable {
  package var taken: [Taken]
  /// As they are included.
  package var empty: [String]
  /// What the tree's code calls and the shim has.
  package var answered: [String]

  static let fileName = "taken"
  private static let emptyMark = "empty\t"
  private static let shimMark = "shim\t"

  init(taken: [Taken], empty: [String], answered: [String]) {
    self.taken = taken
    self.empty = empty
    self.answered = answered
  }

  /// - Returns: nil if there is none.
  package init?(beside object: URL) {
    let url = object.deletingLastPathComponent().appendingPathComponent(Self.fileName)
    guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
    let lines = text.split(separator: "\n")
    taken = lines.compactMap { Taken(record: $0) }
    func names(_ mark: String) -> [String] {
      lines.filter { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) }
    }
    empty = names(Self.emptyMark)
    answered = names(Self.shimMark)
  }

  func write(in entry: URL) throws(KernelBuildError) {
    let lines = taken.map(\.record) + empty.map { Self.emptyMark + $0 } + answered.map { Self.shimMark + $0 }
    let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
    if let code = CacheFile.write(bytes, to: entry.appendingPathComponent(Self.fileName)) {
      throw .unwritable(entry.deletingLastPathComponent().deletingLastPathComponent(), code)
    }
  }
}

extension KernelExtraction.Result {
  func note(in entry: URL) throws(KernelBuildError) {
    try TakenNote(taken: taken, empty: empty, answered: answered).write(in: entry)
  }
}
