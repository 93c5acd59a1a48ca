/// One thing that was taken from a tree.
package struct Taken: Equatable, Sendable {
  package enum Kind: String, Sendable { case macro, function, inline, prototype, type, member, variable, tracepoint }

  package var kind: Kind
  package var name: String
  /// Where it stands, relative to the tree.
  package var file: String
  package var lines: ClosedRange<Int>
  /// What wanted it: the file and line, or the item that mentions it.
  package var wantedBy: String
  /// The tool's own files name it; otherwise the tree's code asked for it.
  package var isByName: Bool

  /// One line of a cache entry's list.
  var record: String {
    [
      kind.rawValue, name, file, "\(lines.lowerBound)", "\(lines.upperBound)", isByName ? "name" : "demand", wantedBy,
    ].joined(separator: "\t")
  }

  init(
    kind: Kind, name: String, file: String, lines: ClosedRange<Int>, wantedBy: String, isByName: Bool
  ) {
    self.kind = kind
    self.name = name
    self.file = file
    self.lines = lines
    self.wantedBy = wantedBy
    self.isByName = isByName
  }

  /// - Returns: nil if that is no line of such a list.
  init?(record: Substring) {
    let fields = record.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard fields.count == 7, let kind = Kind(rawValue: fields[0]), let first = Int(fields[3]),
      let last = Int(fields[4]),
      first <= last
    else { return nil }
    self.init(
      kind: kind, name: fields[1], file: fields[2], lines: first...last, wantedBy: fields[6],
      isByName: fields[5] == "name")
  }
}
