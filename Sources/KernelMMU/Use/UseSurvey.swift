/// Finds out how each item of a tree's files is used, from what the preprocessor has left and from what mentions what.
struct UseSurvey {
  private let seen: Preprocessed
  private let sources: [CSource]
  private let harness: HarnessText

  init(_ seen: Preprocessed, files: [(path: String, bytes: [UInt8])], harness: HarnessText) {
    self.seen = seen
    self.harness = harness
    sources = files.filter { seen.lines[$0.path] != nil || seen.macros[$0.path] != nil }
      .map { CSource(path: $0.path, bytes: $0.bytes, conditions: nil) }
  }

  private struct Found {
    var item: SourceUse.Item
    var source: CSource
    var original: CItem
    var isCompiled: Bool
  }

  func survey() -> SourceUse {
    let found = sources.map { source in source.items.compactMap { find($0, in: source) } }
    let called = reached(found.joined().filter(\.isCompiled))
    let files = zip(sources, found).map { source, found in
      SourceUse.File(
        path: source.path, isWhole: seen.whole.contains(source.path),
        items: found.map { found in
          var item = found.item
          if found.isCompiled {
            item.state = found.original.names.contains(where: called.contains) ? .used : .uncalled
          } else if item.kind == .function, let answer = harness.answer(to: item.name) {
            item.state = .answered
            item.by = answer
          }
          return item
        })
    }
    return SourceUse(files: files.filter { $0.items.contains { $0.state != .unused } }.sorted { $0.path < $1.path })
  }

  private func find(_ original: CItem, in source: CSource) -> Found? {
    let kind: SourceUse.Kind
    switch original.kind {
    case .prototype, .tracepoint: return nil
    case .macro: kind = .macro
    case .function: kind = .function
    case .type: kind = .type
    case .variable: kind = .variable
    }
    guard let name = original.names.first else { return nil }
    let (first, last) = (source.line(at: original.range.lowerBound), source.line(at: original.range.upperBound - 1))
    let lines = seen.lines[source.path] ?? []
    var isCompiled: Bool
    var leftOut: [[Int]] = []
    if kind == .macro {
      isCompiled = seen.macros[source.path]?.contains(first) ?? false
    } else {
      // A prototype that was made of a function's head is not the function.
      let start = kind == .function ? original.body.map { source.line(at: $0) } ?? first : first
      isCompiled = (start...max(start, last)).contains { lines.contains($0) }
      if isCompiled { leftOut = kind == .type ? gaps(first, last, source) : branches(original, source) }
    }
    let item = SourceUse.Item(
      name: name, kind: kind, line: first, lastLine: last, state: .unused, by: "", leftOut: leftOut)
    return Found(item: item, source: source, original: original, isCompiled: isCompiled)
  }

  /// Parts of a function between `#if` and its like that have code and reach no compiler.
  private func branches(_ item: CItem, _ source: CSource) -> [[Int]] {
    let edges = source.conditionals(in: item.range).map { source.line(at: $0) }
    let lines = seen.lines[source.path] ?? []
    return zip(edges, edges.dropFirst()).compactMap { first, end in
      guard first + 1 < end else { return nil }
      let part = (first + 1)...(end - 1)
      guard part.contains(where: { source.hasCode(line: $0) }), !part.contains(where: { lines.contains($0) }) else {
        return nil
      }
      return [part.lowerBound, part.upperBound]
    }
  }

  /// Members of a structure that were not taken.
  private func gaps(_ first: Int, _ last: Int, _ source: CSource) -> [[Int]] {
    let lines = seen.lines[source.path] ?? []
    var gaps: [[Int]] = []
    for line in first...last where source.hasCode(line: line) && !lines.contains(line) {
      if let end = gaps.last?[1], end == line - 1 { gaps[gaps.count - 1][1] = line } else { gaps.append([line, line]) }
    }
    return gaps
  }

  /// Names that the harness mentions, and what is compiled and has such a name mentions.
  private func reached(_ compiled: some Sequence<Found>) -> Set<String> {
    var byName: [String: [Found]] = [:]
    for found in compiled { for name in found.original.names { byName[name, default: []].append(found) } }
    var called: Set<String> = []
    var waiting = Array(harness.names)
    while let name = waiting.popLast() {
      guard called.insert(name).inserted else { continue }
      for found in byName[name] ?? [] { waiting += found.source.identifiers(in: found.original) }
    }
    return called
  }
}

extension CSource {
  /// Where the directives `#if`, `#ifdef`, `#ifndef`, `#elif`, `#else` and `#endif` stand in a range.
  func conditionals(in range: Range<Int>) -> [Int] {
    directives.filter { range.contains($0.lowerBound) }.compactMap { directive in
      let word = quote(directive).dropFirst().drop { $0 == " " || $0 == "\t" }
      return word.hasPrefix("if") || word.hasPrefix("el") || word.hasPrefix("endif") ? directive.lowerBound : nil
    }
  }

  /// Whether a line has anything but comments and directives.
  func hasCode(line: Int) -> Bool { code[bytes(ofLine: line)].contains { !CByte.isSpace($0) } }
}
