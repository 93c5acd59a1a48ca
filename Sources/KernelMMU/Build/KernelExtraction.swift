/// Takes from a tree what a build of it wants: compiles, reads what is missing, takes that, until nothing is.
import Foundation
import Synchronization

struct KernelExtraction {
  let stage: KernelStage
  let resources: KernelResources
  let compiler: Compiler
  let version: KernelVersion
  let known: UnitCache?
  let made: UnitResults

  struct Result {
    var taken: [Taken]
    /// Files of the tree, beside those that are compiled whole, of which functions were taken.
    var units: [String]
    var includes: [String]
    /// Headers that are empty here, as they are included.
    var empty: [String]
    /// What the tree's code calls and the shim has.
    var answered: [String]
  }

  private var demand: Demand
  private let flags: Set<String>
  private let includes: [String]
  private let empty: [String]
  /// Units that have missed nothing: more that is taken takes nothing from them.
  private var settled: Set<String> = []

  init(
    stage: KernelStage, resources: KernelResources, compiler: Compiler, version: KernelVersion, known: UnitCache?,
    made: UnitResults
  ) throws(KernelBuildError) {
    self.known = known
    self.made = made
    self.stage = stage
    self.resources = resources
    self.compiler = compiler
    self.version = version
    var names = ToolNames(
      resources.files().map { path in
        (path, KernelStage.contents(resources.root.appendingPathComponent(path)) ?? [])
      })
    let conditions = CConditions(defined: names.configuration)
    let order = TreeFiles.index(stage.files.map(\.path))
    let index = TreeIndex(files: stage.files, order: order, conditions: conditions)
    index.prepare(order)
    let real = stage.files.filter { TreeFiles.isWhole($0.path) }
      .map { CSource(path: $0.path, bytes: $0.bytes, conditions: conditions) }
    for source in real where source.path.hasSuffix(".h") { names.add(source) }
    var demand = Demand(index: index, tool: names)
    let trace = KernelStage.kvmHeaders.compactMap { $0.hasSuffix("mmutrace.h") ? index.source($0) : nil }
    empty = Self.emptyHeaders(names.sources + real + trace, resources)
    includes = try stage.includeDirectories(resources, empty: empty)
    flags = Self.flags(&demand, whole: real)
    for source in names.sources { demand.predict(source, unit: source.path) }
    for source in real where source.path.hasPrefix("arch/x86/kvm/") { demand.predict(source, unit: source.path) }
    self.demand = demand
  }

  /// Until every file has what it wants of declarations.
  mutating func settle() throws(KernelBuildError) -> Result {
    while true {
      let hooks = hooks()
      let result = Result(
        taken: demand.records, units: demand.extraUnits.sorted(), includes: includes, empty: empty,
        answered: demand.answered.sorted())
      try write(demand.outputs(flags: flags), hooks)
      try write(units: result.units)
      let (wants, guesses, failure) = try check(result)
      guard let failure else { return result }
      var grew = false
      for (want, unit) in wants { grew = demand.satisfy(want, unit: unit) || grew }
      if !grew { throw refusal(wants.map(\.0), guesses, failure) }
    }
  }

  /// Functions that the linker misses.
  /// - Returns: whether some were taken, so that there is more to compile.
  mutating func satisfy(linker output: String) throws(KernelBuildError) -> Bool {
    var diagnostics = Diagnostics(strip: prefixes, source: { _, _ in nil })
    diagnostics.readLinker(output)
    var grew = false
    for want in diagnostics.wants { grew = demand.satisfy(want, unit: nil) || grew }
    settled = []
    if !grew, let want = diagnostics.wants.first {
      throw .missing(missing(want))
    }
    return grew
  }

  // MARK: What is taken by name

  /// `HAVE_` names for which the tree has something; that is taken as well.
  private static func flags(_ demand: inout Demand, whole: [CSource]) -> Set<String> {
    func hits(_ name: String) -> [TreeIndex.Hit] {
      whole.flatMap { source in source.items(name).map { TreeIndex.Hit(source: source, item: $0) } }
    }
    var flags: Set<String> = []
    for probe in demand.tool.probes {
      let name = String(probe.name.dropFirst("HAVE_".count))
      func want(_ what: Want.What) -> Want { Want(what: what, file: probe.file, line: probe.line) }
      if let mark = name.range(of: "_PARAMETERS_"), let count = Int(name[mark.upperBound...]) {
        let hits = demand.index.hits(String(name[..<mark.lowerBound])) + hits(String(name[..<mark.lowerBound]))
        if hits.contains(where: { $0.source.parameters(of: $0.item) == count }) { flags.insert(probe.name) }
        continue
      }
      let isWhole = !hits(name).isEmpty
      if isWhole || !demand.index.hits(name).isEmpty {
        flags.insert(probe.name)
        if !isWhole { _ = demand.satisfy(want(.name(name)), unit: probe.file) }
        continue
      }
      // A structure's name and a member's, wherever the one ends.
      for mark in name.indices where name[mark] == "_" && mark > name.startIndex {
        let (structure, member) = (String(name[..<mark]), String(name[name.index(after: mark)...]))
        guard demand.index.hasMember(member, of: structure) else { continue }
        flags.insert(probe.name)
        let isOpen = demand.tool.open.contains(structure)
        _ = demand.satisfy(want(isOpen ? .member(member, of: structure) : .type(structure)), unit: nil)
      }
    }
    return flags
  }

  /// `vt_x86_ops.member = function;` of those members that were asked for, and their functions.
  private mutating func hooks() -> String {
    let members = Set(
      demand.taken.values.filter { $0.output == .members("kvm_x86_ops") }.flatMap { $0.item.names })
    var text = ""
    for path in ["arch/x86/kvm/vmx/tdx.c", "arch/x86/kvm/vmx/main.c"] {
      guard let source = demand.index.source(path) else { continue }
      for hook in source.assignments(to: "vt_x86_ops") where members.contains(hook.member) {
        let want = Want(what: .name(hook.function), file: source.path, line: hook.line)
        _ = demand.satisfy(want, unit: "glue/tdx.c")
        text += "kvm_x86_ops.\(hook.member) = \(hook.function);\n"
      }
    }
    return text
  }

  // MARK: Files

  /// Headers that are included and neither the shim's nor real ones here.
  private static func emptyHeaders(_ sources: [CSource], _ resources: KernelResources) -> [String] {
    let folders = ["shim/custom", "shim/duplicates", "abi", "glue"].map { resources.root.appendingPathComponent($0) }
    let real = Set(TreeFiles.real.map(TreeFiles.included))
    let compiled = Set(KernelStage.kvmHeaders + KernelStage.sources)
    var empty: Set<String> = []
    for source in sources {
      for include in source.includes {
        let name = String(include.dropFirst().dropLast())
        if name.hasPrefix("extracted/") || name.hasPrefix("/") { continue }
        if folders.contains(where: { FileManager.default.fileExists(atPath: $0.appendingPathComponent(name).path) }) {
          continue
        }
        if include.hasPrefix("<"), real.contains(name) { continue }
        if include.hasPrefix("\"") {
          let beside = source.path.split(separator: "/").dropLast().joined(separator: "/")
          if compiled.contains("\(beside)/\(name)") || compiled.contains("arch/x86/kvm/\(name)") { continue }
        }
        empty.insert(name)
      }
    }
    return empty.sorted()
  }

  private func write(_ outputs: [String: String], _ hooks: String) throws(KernelBuildError) {
    for (name, text) in outputs.sorted(by: { $0.key < $1.key }) {
      try stage.write(Array(text.utf8), to: "generated/extracted/\(name)")
    }
    try stage.write(Array(hooks.utf8), to: "generated/extracted/hooks.h")
  }

  /// A file that no glue stands for becomes a unit of its own.
  private func write(units: [String]) throws(KernelBuildError) {
    for path in units {
      let text = "#include \"glue.h\"\n#include <extracted/\(Demand.name(of: path))>\n"
      try stage.write(Array(text.utf8), to: "generated/units/\(Demand.name(of: path))")
    }
  }

  // MARK: Rounds

  /// What stands before a file's own name in messages.
  private var prefixes: [String] {
    ["\(stage.root.path)/compiled/", "\(resources.root.path)/", "\(stage.root.path)/"]
  }

  /// - Returns: what is missing, with the unit that misses it, and the compiler's own words if anything is.
  private mutating func check(_ result: Result) throws(KernelBuildError)
    -> (wants: [(Want, String)], guesses: Set<Want>, failure: KernelBuildError?)
  {
    let compilation = KernelCompilation(
      stage: stage, resources: resources, compiler: compiler, version: version, plainAccesses: false,
      extraction: result, known: known, made: made)
    let units = compilation.units().filter { !settled.contains($0.name) }
    let outputs = Mutex<[Int: String]>([:])
    DispatchQueue.concurrentPerform(iterations: units.count) { index in
      let output = compilation.check(units[index], index)
      outputs.withLock { $0[index] = output }
    }
    let files = self
    var wants: [(Want, String)] = []
    var guesses: Set<Want> = []
    var failure: KernelBuildError?
    for (index, unit) in units.enumerated() {
      guard let output = outputs.withLock({ $0[index] }) else {
        settled.insert(unit.name)
        continue
      }
      if failure == nil { failure = compilation.failure(unit, output) }
      var diagnostics = Diagnostics(
        strip: prefixes, source: { file, line in files.line(line, of: file) })
      diagnostics.read(output)
      wants += diagnostics.wants.map { ($0, unit.name) }
      guesses.formUnion(diagnostics.guesses)
    }
    return (wants, guesses, failure)
  }

  private func line(_ number: Int, of path: String) -> String? {
    let bytes =
      stage.files.first { $0.path == path }?.bytes
      ?? KernelStage.contents(resources.root.appendingPathComponent(path)) ?? []
    let lines = bytes.split(separator: CByte.newline, maxSplits: max(number, 0), omittingEmptySubsequences: false)
    return number > 0 && lines.count >= number ? String(decoding: lines[number - 1], as: UTF8.self) : nil
  }

  /// What a message names is missing. Of a line that a message is about only what is written as a macro is, and a
  /// header must have it: the error may be any other of the tree's, and then the compiler's words are the ones to read.
  private func refusal(_ wants: [Want], _ guesses: Set<Want>, _ failure: KernelBuildError) -> KernelBuildError {
    if let want = wants.first(where: { !guesses.contains($0) }) { return .missing(missing(want)) }
    let macros = wants.lazy.filter { Demand.isUpper($0.name) && !demand.tool.has($0.name, in: nil) }.map(missing)
    return macros.first { $0.declaredBy != nil }.map { .missing($0) } ?? failure
  }
}

extension KernelExtraction {
  private func missing(_ want: Want) -> Missing {
    Missing(
      want: want, declared: CoreHeaders.declaration(of: want, in: stage.original), line: line(want.line, of: want.file))
  }
}

extension CSource {
  /// How many parameters a function or prototype has; nil for anything else.
  func parameters(of item: CItem) -> Int? {
    guard item.kind == .function || item.kind == .prototype else { return nil }
    let head = item.range.lowerBound..<(item.body ?? item.range.upperBound)
    guard let name = CScanner.identifiers(in: code, head).first(where: { $0.name == item.names[0] }),
      let open = code[name.range.upperBound...].firstIndex(of: UInt8(ascii: "(")),
      let end = CScanner.closing(in: code, from: open)
    else { return nil }
    var depth = 0
    var count = 1
    for byte in code[open..<end] {
      if CByte.opens(byte) { depth += 1 }
      if CByte.closes(byte) { depth -= 1 }
      if byte == UInt8(ascii: ","), depth == 1 { count += 1 }
    }
    return count
  }

  /// `OBJECT.member = function;` in the file's order.
  func assignments(to object: String) -> [(member: String, function: String, line: Int)] {
    let words = CScanner.identifiers(in: code)
    return words.indices.dropLast(2).compactMap { place in
      guard words[place].name == object else { return nil }
      let (member, function) = (words[place + 1], words[place + 2])
      let between = code[member.range.upperBound..<function.range.lowerBound].filter { !CByte.isSpace($0) }
      let before = code[words[place].range.upperBound..<member.range.lowerBound]
      guard between.elementsEqual([CByte.equals]), before.elementsEqual([UInt8(ascii: ".")]) else { return nil }
      var next = function.range.upperBound
      while next < code.count, CByte.isSpace(code[next]) { next += 1 }
      guard next < code.count, code[next] == CByte.semicolon, function.name != "NULL" else { return nil }
      return (member.name, function.name, line(at: function.range.lowerBound))
    }
  }
}

extension [UInt8] {
  func contains(_ name: String) -> Bool {
    let word = Array(name.utf8)
    guard let first = word.first, count >= word.count else { return false }
    var index = 0
    while let start = self[index...].firstIndex(of: first), start + word.count <= count {
      if self[start..<start + word.count].elementsEqual(word) { return true }
      index = start + 1
    }
    return false
  }
}
