/// How often the lines, branches and functions of a kernel tree's files ran, by the file's path in the tree.
package struct SourceCounts: Sendable, Equatable {
  package struct Branch: Hashable, Sendable {
    package var line: Int
    /// From 0 in each line.
    package var number: Int
  }

  package struct Function: Hashable, Sendable {
    package var line: Int
    package var name: String
  }

  package struct File: Sendable, Equatable {
    package var lines: [Int: UInt64] = [:]
    package var branches: [Branch: UInt64] = [:]
    package var functions: [Function: UInt64] = [:]
  }

  package var files: [String: File] = [:]

  package init() {}

  /// Adds one unit of a build.
  /// - Parameters:
  ///   - counters: of a function, by its number and the checksum of its control flow; nil for one that never ran.
  ///   - path: of a file in the tree, by what the compiler calls it; nil for what is no file of the tree.
  package mutating func add(
    _ notes: GcovNotes, counters: (UInt32, UInt32) -> ArraySlice<UInt64>?, path: (String) -> String?
  ) {
    let flows = notes.functions.compactMap { function in
      GcovFlow(function, counters: counters(function.ident, function.checksum) ?? function.noCounters)
    }
    add(flows) { path(notes.files[$0]) }
    for flow in flows {
      guard let path = path(flow.function.file) else { continue }
      let function = Function(line: flow.function.line, name: flow.function.name)
      files[path, default: File()].functions[function, default: 0] &+= UInt64(max(0, flow.calls))
    }
  }

  private mutating func add(_ flows: [GcovFlow], path: (Int) -> String?) {
    var lines: [GcovNotes.Place: Line] = [:]
    for (number, flow) in flows.enumerated() {
      for block in flow.blocks.indices {
        let runs = flow.function.lines[block]
        for place in runs.joined() { lines[place, default: Line()].count &+= flow.blocks[block] }
        guard block > 0, block + 1 < flow.blocks.count else { continue }
        for last in Set(runs.compactMap(\.last)) {
          lines[last, default: Line()].blocks[number, default: []].append(block)
        }
      }
    }
    for (place, line) in lines {
      guard let path = path(place.file) else { continue }
      let own = line.blocks.sorted { $0.key < $1.key }
      // The last line of a block, in each file, is counted by the ways that lead there.
      let count = own.isEmpty ? line.count : own.reduce(0) { $0 + flows[$1.key].count($1.value) }
      files[path, default: File()].lines[place.line, default: 0] &+= UInt64(max(0, count))
      var branch = 0
      for (number, blocks) in own {
        for arc in blocks.flatMap(flows[number].branches) {
          let key = Branch(line: place.line, number: branch)
          files[path, default: File()].branches[key, default: 0] &+= UInt64(max(0, flows[number].arcs[arc]))
          branch += 1
        }
      }
    }
  }

  private struct Line {
    var count: Int64 = 0
    /// Blocks that end in it, by their function.
    var blocks: [Int: [Int]] = [:]
  }
}
