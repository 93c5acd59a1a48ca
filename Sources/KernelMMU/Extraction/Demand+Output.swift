/// What was taken, as the files that the shim and the glue include.
extension Demand {
  /// The generated files by name, `flags.h` and what no one has asked for included.
  package func outputs(flags: Set<String> = []) -> [String: String] {
    var outputs: [String: String] = [:]
    let entries = taken.values.sorted { left, right in
      let (a, b) = (rank(left.source.path), rank(right.source.path))
      return (a, left.item.range.lowerBound) < (b, right.item.range.lowerBound)
    }
    outputs["flags.h"] = flags.sorted().map { "#define \($0) 1\n" }.joined()
    for structure in tool.open { outputs["members/\(structure).h"] = "" }
    for (_, files) in Self.homes { for file in files { outputs[Self.name(of: file)] = "" } }

    let types = entries.filter { $0.output == .types && $0.item.kind == .type }
    let late = lateTypes(types)
    let functions = entries.filter { $0.output == .functions }
    outputs["types.h"] =
      forward(entries)
      + entries.filter { $0.output == .types && $0.item.kind == .macro }.map(text).joined()
      + sorted(types.filter { !late.contains($0.item.names) }).map(text).joined()
    outputs["late_types.h"] = sorted(types.filter { late.contains($0.item.names) }).map(text).joined()
    outputs["functions.h"] = body(functions)
    for entry in entries {
      if case .members(let structure) = entry.output { outputs["members/\(structure).h", default: ""] += text(entry) }
    }
    var files: [String: [Entry]] = [:]
    for entry in entries { if case .file(let path) = entry.output { files[path, default: []].append(entry) } }
    for (path, entries) in files {
      let types = entries.filter { $0.item.kind == .macro || $0.item.kind == .type }
      outputs[Self.name(of: path)] =
        types.map(text).joined() + body(entries.filter { $0.item.kind != .macro && $0.item.kind != .type })
    }
    return outputs
  }

  /// `arch/x86/kvm/mmu/mmu.c` goes to `mmu-mmu.c`.
  static func name(of file: String) -> String {
    file.split(separator: "/").suffix(2).joined(separator: "-")
  }

  private func rank(_ path: String) -> Int { index.paths.firstIndex(of: path) ?? index.paths.count }

  /// Prototypes come first, so that order does not matter to functions.
  private func body(_ entries: [Entry]) -> String {
    var text = ""
    for entry in entries where entry.item.kind == .prototype || isExtern(entry) { text += self.text(entry) }
    for entry in entries where entry.item.kind == .function {
      let head = entry.item.range.lowerBound..<(entry.item.body ?? entry.item.range.upperBound)
      text += mark(entry.source, head.lowerBound) + String(decoding: entry.source.code[head], as: UTF8.self) + ";\n"
    }
    for entry in entries where entry.item.kind == .tracepoint { text += tracepoint(entry) }
    for entry in entries
    where entry.item.kind == .function || (entry.item.kind == .variable && !isExtern(entry)) {
      text += self.text(entry)
    }
    return text
  }

  private func isExtern(_ entry: Entry) -> Bool {
    entry.item.kind == .variable
      && CScanner.identifiers(in: entry.source.code, entry.item.range).first.map {
        $0.name == "extern" || $0.name.hasPrefix("DECLARE_")
      } ?? false
  }

  private func text(_ entry: Entry) -> String {
    mark(entry.source, entry.item.range.lowerBound) + entry.source.quote(entry.item.range) + "\n"
  }

  private func mark(_ source: CSource, _ offset: Int) -> String {
    "#line \(source.line(at: offset)) \"\(source.path)\"\n"
  }

  /// A tracepoint that is off: its arguments are evaluated, and nothing is done with them.
  private func tracepoint(_ entry: Entry) -> String {
    let words = CScanner.identifiers(in: entry.source.code, entry.item.range)
    let name = entry.item.names[0]
    guard let proto = words.first(where: { $0.name == "TP_PROTO" }),
      let open = entry.source.code[proto.range.upperBound...].firstIndex(of: UInt8(ascii: "(")),
      let end = CScanner.closing(in: entry.source.code, from: open)
    else { return "" }
    let parameters = String(decoding: entry.source.code[open..<end], as: UTF8.self)
    return mark(entry.source, entry.item.range.lowerBound)
      + "static inline void \(name)\(parameters) {}\nstatic inline bool \(name)_enabled(void) { return false; }\n"
  }

  // MARK: Order of types

  /// Structures that a declaration may point to before, or without, their definition.
  private func forward(_ entries: [Entry]) -> String {
    var tags: Set<String> = []
    for entry in entries {
      let text = entry.source.text
      var before: CScanner.Identifier?
      for word in CScanner.identifiers(in: text, entry.item.range) {
        if let before, before.name == "struct" || before.name == "union",
          text[before.range.upperBound..<word.range.lowerBound].allSatisfy(CByte.isSpace)
        {
          tags.insert("\(before.name) \(word.name);\n")
        }
        before = word
      }
    }
    return tags.sorted().joined()
  }

  /// Types that hold one of the shim's structures, and those that hold such a type.
  private func lateTypes(_ entries: [Entry]) -> Set<[String]> {
    var late: Set<[String]> = []
    var names = tool.open
    var grew = true
    while grew {
      grew = false
      for entry in entries where !late.contains(entry.item.names) && holds(entry, anyOf: names) {
        late.insert(entry.item.names)
        names.formUnion(entry.item.names)
        grew = true
      }
    }
    return late
  }

  private func sorted(_ entries: [Entry]) -> [Entry] {
    var places: [String: Int] = [:]
    for (place, entry) in entries.enumerated() { for name in entry.item.names { places[name] = places[name] ?? place } }
    var state = [Int](repeating: 0, count: entries.count)
    var result: [Entry] = []
    func visit(_ place: Int) {
      guard state[place] == 0 else { return }
      state[place] = 1
      for name in mentions(entries[place]) { if let other = places[name], other != place { visit(other) } }
      result.append(entries[place])
    }
    for place in entries.indices { visit(place) }
    return result
  }

  private func holds(_ entry: Entry, anyOf names: Set<String>) -> Bool {
    mentions(entry).contains(where: names.contains)
  }

  /// What a type's text mentions otherwise than as the target of a pointer.
  private func mentions(_ entry: Entry) -> [String] {
    let code = entry.source.code
    var before = ""
    var names: [String] = []
    for word in CScanner.identifiers(in: code, entry.item.range) {
      defer { before = word.name }
      var next = word.range.upperBound
      while next < entry.item.range.upperBound, CByte.isSpace(code[next]) { next += 1 }
      let isPointer = next < code.count && code[next] == UInt8(ascii: "*")
      if (before == "struct" || before == "union") && isPointer { continue }
      names.append(word.name)
    }
    return names
  }
}
