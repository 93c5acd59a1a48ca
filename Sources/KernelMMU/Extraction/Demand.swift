/// Takes from a tree what is asked for, and what that mentions: the closure of a set of wants.
package struct Demand {
  let index: TreeIndex
  let tool: ToolNames
  private(set) var taken: [Key: Entry] = [:]
  /// Files of which functions are needed, and that no glue file stands for.
  private(set) var extraUnits: Set<String> = []
  /// Functions and macros of the shim that the tree's code calls.
  private(set) var answered: Set<String> = []
  private var queue: [(want: Want, unit: String?)] = []

  struct Key: Hashable {
    var file: String
    var offset: Int
  }

  struct Entry {
    var source: CSource
    var item: CItem
    var record: Taken
    var output: Output
  }

  enum Output: Hashable {
    /// Macros and types, before the structures of the shim.
    case types
    /// Inline functions and declarations, behind them.
    case functions
    case members(String)
    /// What is taken of a C file stands together, as its static names are its own.
    case file(String)
  }

  /// The C files of a tree whose functions a glue file holds, in the order in which it includes them.
  static let homes: [String: [String]] = [
    "glue/mmu.c": ["arch/x86/kvm/mmu/mmu.c"],
    "glue/x86.c": ["arch/x86/kvm/x86.c"],
    "glue/tdx.c": ["arch/x86/virt/vmx/tdx/tdx.c", "arch/x86/kvm/vmx/tdx.c"],
  ]

  /// - Parameters:
  ///   - files: the tree's, in the order in which they are asked.
  ///   - tool: the shim's and the glue's.
  package init(files: [(path: String, bytes: [UInt8])], tool: [(path: String, bytes: [UInt8])]) {
    let names = ToolNames(tool)
    let conditions = CConditions(defined: names.configuration)
    self.init(index: TreeIndex(files: files, order: files.map(\.path), conditions: conditions), tool: names)
  }

  init(index: TreeIndex, tool: ToolNames) {
    self.index = index
    self.tool = tool
  }

  /// The unit that holds a C file's functions.
  static func unit(of file: String) -> String {
    homes.first { $0.value.contains(file) }?.key ?? file
  }

  /// What was taken, in the order of files and lines.
  package var records: [Taken] {
    taken.values.map(\.record).sorted {
      ($0.file, $0.lines.lowerBound, $0.name) < ($1.file, $1.lines.lowerBound, $1.name)
    }
  }

  // MARK: Wants

  /// - Returns: whether something was taken that was not there before.
  package mutating func satisfy(_ want: Want, unit: String?) -> Bool {
    let before = taken.count
    take(want, unit)
    drain()
    return taken.count > before
  }

  /// What a file that is compiled as it is mentions, and surely means.
  mutating func predict(_ source: CSource, unit: String?) {
    mention(source, 0..<source.code.count, source.code, unit, by: nil)
    drain()
  }

  private mutating func drain() {
    while let next = queue.popLast() { take(next.want, next.unit) }
  }

  private mutating func take(_ want: Want, _ unit: String?) {
    switch want.what {
    case .name(let name): takeName(name, want, unit)
    case .type(let name): takeType(name, want, unit)
    case .member(let name, let structure): takeMember(name, of: structure, want)
    case .symbol(let name): takeSymbol(name, want)
    }
  }

  private mutating func takeName(_ name: String, _ want: Want, _ unit: String?) {
    guard !tool.has(name, in: unit) else { return }
    let homes = unit.map { Self.homes[$0] ?? [$0] } ?? []
    for path in homes {
      if let hit = index.hits(name, in: [path]).first(where: { $0.item.kind != .prototype }) {
        return add(hit, name, .file(path), want)
      }
    }
    let headers = index.hits(name).filter(\.isHeader)
    // A definition anywhere before a declaration somewhere.
    guard let hit = headers.first(where: { $0.item.kind != .prototype }) ?? headers.first else { return }
    add(hit, name, Self.isEarly(hit.item) ? .types : .functions, want)
  }

  private static func isEarly(_ item: CItem) -> Bool { item.kind == .macro || item.kind == .type }

  private mutating func takeType(_ name: String, _ want: Want, _ unit: String?) {
    guard !tool.has(name, in: unit), !tool.open.contains(name) else { return }
    let homes = unit.map { Self.homes[$0] ?? [$0] } ?? []
    let hits = index.hits(name, in: homes) + index.hits(name).filter(\.isHeader)
    guard let hit = hits.first(where: { $0.item.kind == .type && $0.item.body != nil }) else { return }
    add(hit, name, hit.isHeader ? .types : .file(hit.source.path), want)
  }

  private mutating func takeMember(_ name: String, of structure: String, _ want: Want) {
    guard tool.open.contains(structure) else { return }
    for hit in index.hits(structure) where hit.item.kind == .type && hit.item.body != nil {
      guard let member = hit.source.members(of: hit.item).first(where: { $0.names.contains(name) }) else { continue }
      let key = Key(file: hit.source.path, offset: member.range.lowerBound)
      guard taken[key] == nil else { return }
      let item = CItem(kind: .variable, names: member.names, range: member.range)
      let record = record(.member, "\(structure).\(name)", hit.source, member.range, want)
      taken[key] = Entry(source: hit.source, item: item, record: record, output: .members(structure))
      return mention(hit.source, member.range, hit.source.code, nil, by: "\(structure).\(name)")
    }
  }

  /// A function that is declared somewhere and defined in a C file.
  private mutating func takeSymbol(_ name: String, _ want: Want) {
    guard !tool.answers(name) else { return }
    for path in index.paths where path.hasSuffix(".c") {
      guard
        let hit = index.hits(name, in: [path]).first(where: { $0.item.kind == .function || $0.item.kind == .variable })
      else { continue }
      guard !isStatic(hit) else { continue }
      if Self.homes.values.allSatisfy({ !$0.contains(path) }) { extraUnits.insert(path) }
      return add(hit, name, .file(path), want)
    }
  }

  private func isStatic(_ hit: TreeIndex.Hit) -> Bool {
    let head = hit.item.range.lowerBound..<(hit.item.body ?? hit.item.range.upperBound)
    return CScanner.identifiers(in: hit.source.code, head).contains { $0.name == "static" }
  }

  // MARK: Items

  private mutating func add(_ hit: TreeIndex.Hit, _ name: String, _ output: Output, _ want: Want) {
    let key = Key(file: hit.source.path, offset: hit.item.range.lowerBound)
    guard taken[key] == nil else { return }
    let kind: Taken.Kind =
      switch hit.item.kind {
      case .macro: .macro
      case .function: hit.isHeader ? .inline : .function
      case .prototype: .prototype
      case .type: .type
      case .variable: .variable
      case .tracepoint: .tracepoint
      }
    let record = record(kind, name, hit.source, hit.item.range, want)
    taken[key] = Entry(source: hit.source, item: hit.item, record: record, output: output)
    guard hit.item.kind != .tracepoint else { return }
    let unit: String? = if case .file(let path) = output { Self.unit(of: path) } else { nil }
    let text = hit.item.kind == .macro ? hit.source.text : hit.source.code
    mention(hit.source, hit.item.range, text, unit, by: name)
  }

  private func record(_ kind: Taken.Kind, _ name: String, _ source: CSource, _ range: Range<Int>, _ want: Want) -> Taken
  {
    let lines = source.line(at: range.lowerBound)...source.line(at: max(range.lowerBound, range.upperBound - 1))
    return Taken(
      kind: kind, name: name, file: source.path, lines: lines, wantedBy: want.line > 0 ? want.place : want.file,
      isByName: want.isTool)
  }

  /// Asks for what a text surely means: names in capitals, calls, types that it needs whole; in a C file whatever else
  /// of the file it mentions. What it may mean besides is left to the compiler to miss.
  private mutating func mention(
    _ source: CSource, _ range: Range<Int>, _ text: [UInt8], _ unit: String?, by name: String?
  ) {
    let homes = unit.map { Self.homes[$0] ?? [$0] } ?? []
    let isHome = homes.contains(source.path)
    var before: CScanner.Identifier?
    var object = ""
    var seen: Set<String> = []
    for word in CScanner.identifiers(in: text, range) {
      defer {
        if word.name == "arch", let before { object = before.name }
        before = word
      }
      if let structure = Self.structure(before?.name, object), index.hasMember(word.name, of: structure),
        seen.insert("\(structure).\(word.name)").inserted
      {
        let line = source.line(at: word.range.lowerBound)
        let file = name.map { "\($0), \(source.path)" } ?? source.path
        queue.append((Want(what: .member(word.name, of: structure), file: file, line: line), unit))
        continue
      }
      let previous = Self.last(text, before: word.range.lowerBound, in: range)
      guard previous != UInt8(ascii: "."), !Self.isArrow(text, before: word.range.lowerBound) else { continue }
      guard !CScanner.keywords.contains(word.name) else { continue }
      let next = Self.next(text, after: word.range.upperBound, in: range)
      let isTag = before.map { ["struct", "union", "enum"].contains($0.name) } ?? false
      let place = Want(
        what: .name(word.name), file: name.map { "\($0), \(source.path)" } ?? source.path,
        line: source.line(at: word.range.lowerBound))
      if isTag {
        guard next != UInt8(ascii: "*"), next != CByte.semicolon, seen.insert(word.name).inserted else { continue }
        queue.append((Want(what: .type(word.name), file: place.file, line: place.line), unit))
        continue
      }
      let isCall = next == UInt8(ascii: "(")
      if isCall, tool.answers(word.name), source.path.hasPrefix("arch/") || source.path.hasPrefix("include/") {
        answered.insert(word.name)
      }
      let isSure = isCall || Self.isUpper(word.name) || word.name.hasSuffix("_t")
      let isOwn = isHome && homes.contains { !index.hits(word.name, in: [$0]).isEmpty }
      guard isSure || isOwn || source.path.hasPrefix("glue/"), seen.insert(word.name).inserted else { continue }
      if isSure || isOwn { queue.append((place, unit)) }
      // Declared by a header that is there as it is, and called by what is surely compiled; the glue is all of it.
      let isGlue = source.path.hasPrefix("glue/")
      if isGlue || isCall && source.path.hasSuffix(".c") && tool.has(word.name, in: nil) {
        queue.append((Want(what: .symbol(word.name), file: place.file, line: place.line), unit))
      }
    }
  }

  /// `vcpu->arch.mmu`, `kvm_x86_call(set_external_spte)`: of which structure a member is, as KVM's code is written.
  private static func structure(_ before: String?, _ object: String) -> String? {
    switch before {
    case "arch": object.contains("vcpu") ? "kvm_vcpu_arch" : "kvm_arch"
    case "kvm_x86_call": "kvm_x86_ops"
    default: nil
    }
  }

  static func isUpper(_ name: String) -> Bool {
    name.utf8.count > 2 && name.utf8.allSatisfy { !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
  }
  private static func last(_ text: [UInt8], before index: Int, in range: Range<Int>) -> UInt8? {
    var index = index - 1
    while index >= range.lowerBound, CByte.isSpace(text[index]) { index -= 1 }
    return index >= range.lowerBound ? text[index] : nil
  }
  private static func isArrow(_ text: [UInt8], before index: Int) -> Bool {
    index >= 2 && text[index - 1] == UInt8(ascii: ">") && text[index - 2] == UInt8(ascii: "-")
  }
  private static func next(_ text: [UInt8], after index: Int, in range: Range<Int>) -> UInt8? {
    var index = index
    while index < range.upperBound, CByte.isSpace(text[index]) || text[index] == CByte.backslash { index += 1 }
    return index < range.upperBound ? text[index] : nil
  }
}
