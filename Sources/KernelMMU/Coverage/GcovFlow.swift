/// What the counters of one function say of all its blocks and arcs, and what those say of its lines: as `gcov` has it.
struct GcovFlow {
  let function: GcovNotes.Function
  /// By number of the arc.
  private(set) var arcs: [Int64]
  private(set) var blocks: [Int64]
  private let into: [[Int]]
  private let outOf: [[Int]]

  /// - Returns: nil if the counters are not this function's.
  init?(_ function: GcovNotes.Function, counters: ArraySlice<UInt64>) {
    var (into, outOf) = (
      [[Int]](repeating: [], count: function.blocks), [[Int]](repeating: [], count: function.blocks)
    )
    var known: [Int64?] = []
    var rest = counters
    for (number, arc) in function.arcs.enumerated() {
      into[arc.to].append(number)
      outOf[arc.from].append(number)
      if arc.isOnTree {
        known.append(nil)
      } else {
        guard let counter = rest.popFirst() else { return nil }
        known.append(Int64(clamping: counter))
      }
    }
    guard rest.isEmpty else { return nil }
    for block in outOf.indices { outOf[block].sort { function.arcs[$0].to < function.arcs[$1].to } }
    self.function = function
    self.into = into
    self.outOf = outOf
    (arcs, blocks) = Self.solve(known, into, outOf)
  }

  /// An execution may be left in a block. What went over an edge is asked of the block behind it where that can tell,
  /// as it then is rather too little than too much.
  private static func tellFromBehind(_ arcs: inout [Int64?], _ into: [[Int]], _ outOf: [[Int]]) {
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for block in outOf.indices.reversed() where !outOf[block].isEmpty {
        let counts = outOf[block].compactMap { arcs[$0] }
        guard counts.count == outOf[block].count else { continue }
        if tell(into[block], from: counts.reduce(0, &+), &arcs) { hasChanged = true }
      }
    }
  }

  /// The only arc of one side that is not known.
  private static func tell(_ side: [Int], from count: Int64, _ arcs: inout [Int64?]) -> Bool {
    let missing = side.filter { arcs[$0] == nil }
    guard missing.count == 1 else { return false }
    arcs[missing[0]] = max(0, count - side.reduce(0) { $0 + (arcs[$1] ?? 0) })
    return true
  }

  /// What comes into a block goes out of it.
  private static func solve(_ counted: [Int64?], _ into: [[Int]], _ outOf: [[Int]]) -> ([Int64], [Int64]) {
    var arcs = counted
    tellFromBehind(&arcs, into, outOf)
    var blocks = [Int64?](repeating: nil, count: into.count)
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for block in blocks.indices {
        if blocks[block] == nil {
          for side in [into[block], outOf[block]] where !side.isEmpty && blocks[block] == nil {
            let counts = side.compactMap { arcs[$0] }
            guard counts.count == side.count else { continue }
            blocks[block] = counts.reduce(0, &+)
            hasChanged = true
          }
        }
        guard let count = blocks[block] else { continue }
        for side in [into[block], outOf[block]] where tell(side, from: count, &arcs) { hasChanged = true }
      }
    }
    let counts = blocks.indices.map { block in
      // Of one that cannot be told it is known that it ran as often as what is known of it at least.
      blocks[block]
        ?? [into[block], outOf[block]].map { $0.reduce(0) { $0 + (arcs[$1] ?? 0) } }.reduce(0, max)
    }
    return (arcs.map { $0 ?? 0 }, counts)
  }

  /// Calls of the function.
  var calls: Int64 { blocks.first ?? 0 }

  /// Arcs of a block that are decided on, in the order of where they lead to.
  func branches(of block: Int) -> [Int] {
    let real = outOf[block].filter { !function.arcs[$0].isFake }
    return real.count > 1 ? real : []
  }

  /// How often a line was come to that consists of these blocks: from others, and round in itself.
  func count(_ line: [Int]) -> Int64 {
    let members = Set(line)
    let entries = line.reduce(0) { sum, block in
      sum + into[block].reduce(0) { members.contains(function.arcs[$1].from) ? $0 : $0 + arcs[$1] }
    }
    var cycles = Cycles(flow: self, line: line, members: members)
    let count = entries + cycles.count()
    return count > 0 ? count : line.map { blocks[$0] }.reduce(0, max)
  }

  /// Elementary cycles within a line, each as often as its rarest arc (Hawick and James, as in `gcov`).
  private struct Cycles {
    let flow: GcovFlow
    let line: [Int]
    let members: Set<Int>
    private var left: [Int64]
    private var sum: Int64 = 0
    private var blocked: [Int] = []
    private var waiting: [[Int]] = []
    private var path: [Int] = []

    init(flow: GcovFlow, line: [Int], members: Set<Int>) {
      self.flow = flow
      self.line = line
      self.members = members
      left = flow.arcs
    }

    mutating func count() -> Int64 {
      guard line.contains(where: { flow.outOf[$0].contains { members.contains(flow.function.arcs[$0].to) } }) else {
        return 0
      }
      while true {
        var hasFound = false
        for block in line {
          (path, blocked, waiting) = ([], [], [])
          if circuit(block, from: block) { hasFound = true }
        }
        if !hasFound { return sum }
      }
    }

    private mutating func circuit(_ block: Int, from start: Int) -> Bool {
      var hasFound = false
      blocked.append(block)
      waiting.append([])
      for arc in flow.outOf[block] {
        let next = flow.function.arcs[arc].to
        guard next >= start, left[arc] > 0, members.contains(next) else { continue }
        path.append(arc)
        if next == start {
          let least = path.map { left[$0] }.min() ?? 0
          sum += least
          for step in path { left[step] -= least }
          hasFound = hasFound || least > 0
        } else if !path.contains(where: { left[$0] <= 0 }), !blocked.contains(next) {
          if circuit(next, from: start) { hasFound = true }
        }
        path.removeLast()
      }
      if hasFound {
        unblock(block)
      } else {
        for arc in flow.outOf[block] {
          let next = flow.function.arcs[arc].to
          guard next >= start, left[arc] > 0, members.contains(next), let place = blocked.firstIndex(of: next) else {
            continue
          }
          if !waiting[place].contains(block) { waiting[place].append(block) }
        }
      }
      return hasFound
    }

    private mutating func unblock(_ block: Int) {
      guard let place = blocked.firstIndex(of: block) else { return }
      let others = waiting[place]
      blocked.remove(at: place)
      waiting.remove(at: place)
      for other in others { unblock(other) }
    }
  }
}
