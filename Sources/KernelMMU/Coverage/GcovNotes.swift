/// The notes that gcc and clang write of a file that is compiled with --coverage: the control flow of its functions,
/// and the lines of each block. Read here because `gcov` knows nothing of counters that are in memory.
package struct GcovNotes {
  struct Arc {
    var from: Int
    var to: Int
    /// It has no counter: what went over it follows from others.
    var isOnTree: Bool
    /// A call that does not come back.
    var isFake: Bool
  }

  struct Function {
    var ident: UInt32
    var checksum: UInt32
    var name: String
    /// As the compiler names it.
    var file: String
    var line: Int
    /// 0 is the entry, 1 the exit.
    var blocks: Int
    var arcs: [Arc]
    /// By block: runs of lines of one file, each ascending.
    var lines: [[[Place]]]

    /// clang puts a block on an edge that it can count nowhere else, behind the block that the edge leaves, and where
    /// it counts all edges it tells nothing of the edge's first half.
    fileprivate mutating func addSplitEdges() {
      let entered = Set(arcs.map(\.to))
      let left = Dictionary(grouping: arcs, by: \.from)
      var source = 0
      for block in 0..<blocks {
        if block > 1, !entered.contains(block), let out = left[block], out.count == 1, out[0].isOnTree {
          arcs.append(Arc(from: source, to: block, isOnTree: true, isFake: false))
        } else if block > 1 {
          source = block
        }
      }
    }

    /// Of one that the compiler has left out since.
    var noCounters: ArraySlice<UInt64> { arcs.filter { !$0.isOnTree }.map { _ in 0 }[...] }
  }

  struct Place: Hashable {
    /// Number in `files`.
    var file: Int
    var line: Int
  }

  private(set) var functions: [Function] = []
  private(set) var files: [String] = []
  private var numbers: [String: Int] = [:]

  private enum Tag {
    static let magic: UInt32 = 0x6763_6e6f
    static let function: UInt32 = 0x0100_0000
    static let blocks: UInt32 = 0x0141_0000
    static let arcs: UInt32 = 0x0143_0000
    static let lines: UInt32 = 0x0145_0000
  }
  /// The oldest version of the format that is read, gcc 9's; lengths are in words up to gcc 11, then in bytes.
  private static let oldest = 90
  private static let bytesSince = 120

  /// - Returns: nil for what is no such file, is damaged, or of an older compiler.
  package init?(_ bytes: [UInt8]) {
    var input = Input(bytes)
    guard input.word() == Tag.magic, let version = input.word().flatMap(Self.number), version >= Self.oldest else {
      return nil
    }
    input.isInBytes = version >= Self.bytesSince
    // A stamp, a checksum since gcc 12, the working directory, and whether there are blocks that never run.
    guard input.word() != nil, !input.isInBytes || input.word() != nil, input.text() != nil, input.word() != nil else {
      return nil
    }
    while let tag = input.word(), tag != 0 {
      guard let length = input.word() else { return nil }
      let end = input.place + Int(length) * (input.isInBytes ? 1 : 4)
      guard end <= bytes.count, read(tag, &input, end) else { return nil }
      input.place = end
    }
    for function in functions.indices { functions[function].addSplitEdges() }
  }

  /// `B22*` is 122, gcc 12.2; `A93*` is 93.
  private static func number(_ word: UInt32) -> Int? {
    let letters = (0..<3).map { Int(word >> (24 - 8 * $0) & 0xff) }
    guard (65...90).contains(letters[0]), letters[1...].allSatisfy((48...57).contains) else { return nil }
    return (letters[0] - 65) * 100 + (letters[1] - 48) * 10 + letters[2] - 48
  }

  private mutating func read(_ tag: UInt32, _ input: inout Input, _ end: Int) -> Bool {
    let last = functions.count - 1
    switch tag {
    case Tag.function:
      guard let ident = input.word(), input.word() != nil, let checksum = input.word(), let name = input.text(),
        input.word() != nil, let file = input.text(), let line = input.word()
      else { return false }
      functions.append(
        Function(
          ident: ident, checksum: checksum, name: name, file: file, line: Int(line), blocks: 0, arcs: [], lines: []))
    case Tag.blocks:
      guard last >= 0, let count = input.word(), count < 1 << 20 else { return false }
      functions[last].blocks = Int(count)
      functions[last].lines = Array(repeating: [], count: Int(count))
    case Tag.arcs:
      guard last >= 0, let from = input.word() else { return false }
      while input.place < end {
        guard let to = input.word(), let flags = input.word(), max(from, to) < functions[last].blocks else {
          return false
        }
        functions[last].arcs.append(
          Arc(from: Int(from), to: Int(to), isOnTree: flags & 1 != 0, isFake: flags & 2 != 0 && from != 0))
      }
    case Tag.lines: return last >= 0 && readLines(&input, last)
    default: break
    }
    return true
  }

  private mutating func readLines(_ input: inout Input, _ function: Int) -> Bool {
    guard let block = input.word(), block < functions[function].blocks else { return false }
    var runs: [[Place]] = []
    var file = 0
    while true {
      guard let line = input.word() else { return false }
      if line != 0 {
        guard !runs.isEmpty else { return false }
        runs[runs.count - 1].append(Place(file: file, line: Int(line)))
        continue
      }
      guard let name = input.text() else { return false }
      if name.isEmpty { break }
      file = number(of: name)
      runs.append([])
    }
    functions[function].lines[Int(block)] = runs.filter { !$0.isEmpty }.map { $0.sorted { $0.line < $1.line } }
    return true
  }

  private mutating func number(of name: String) -> Int {
    if let known = numbers[name] { return known }
    files.append(name)
    numbers[name] = files.count - 1
    return files.count - 1
  }

  private struct Input {
    let bytes: [UInt8]
    var place = 0
    var isInBytes = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func word() -> UInt32? {
      guard place + 4 <= bytes.count else { return nil }
      defer { place += 4 }
      return (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) }
    }

    /// Empty for none.
    mutating func text() -> String? {
      guard let length = word() else { return nil }
      let size = Int(length) * (isInBytes ? 1 : 4)
      guard place + size <= bytes.count else { return nil }
      defer { place += size }
      return String(decoding: bytes[place..<place + size].prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
