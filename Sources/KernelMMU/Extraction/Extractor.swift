/// Lifts definitions out of a kernel tree into files that the shim includes. Nothing of the kernel's text outlives the
/// cache entry that is built from it.
import Foundation

package struct Extractor {
  let tree: URL
  private var sources: [String: CSource] = [:]
  private var outputs: [String: String] = [:]
  /// `HAVE_` names of what was taken.
  private(set) var flags: Set<String> = []
  private(set) var functionsTaken: Set<String> = []
  /// Files of the tree that were read, for the hash that names the cache entry.
  private(set) var filesRead: Set<String> = []

  package init(tree: URL) { self.tree = tree }

  /// The generated files by name.
  package mutating func extract(_ extractions: [Extraction], probes: [Probe]) throws(ExtractionError) -> [String:
    String]
  {
    for extraction in extractions { try take(extraction) }
    for probe in probes where try holds(probe) { flags.insert(probe.name) }
    outputs["flags.h"] = flags.sorted().map { "#define \($0) 1\n" }.joined()
    return outputs
  }

  mutating func take(_ extraction: Extraction) throws(ExtractionError) {
    if outputs[extraction.output] == nil { outputs[extraction.output] = "" }
    var failure: ExtractionError?
    for file in extraction.files {
      guard let source = try source(file) else {
        failure = failure ?? .noFile(file)
        continue
      }
      do {
        return try take(extraction, from: source)
      } catch {
        failure = error
      }
    }
    if extraction.isRequired, let failure { throw failure }
  }

  private mutating func take(_ extraction: Extraction, from source: CSource) throws(ExtractionError) {
    switch extraction.what {
    case .definitions(let names):
      var found: [CItem] = []
      for name in names {
        if let item = source.item(name, [.macro, .function, .type, .variable]) {
          found.append(item)
        } else if extraction.isRequired {
          throw .missing(name: name, file: source.path)
        }
      }
      emit(found, of: source, to: extraction.output)
    case .macros(let prefix):
      let found = source.items.filter { $0.kind == .macro && $0.names[0].hasPrefix(prefix) }
      guard !found.isEmpty else { throw .missing(name: prefix + "*", file: source.path) }
      emit(found, of: source, to: extraction.output)
    case .closure(let roots, let prefix, let except):
      emit(
        try closure(of: roots, prefix: prefix, except: except, in: source, isRequired: extraction.isRequired),
        of: source, to: extraction.output)
    case .members(let structure, let names):
      try takeMembers(names, of: structure, from: source, extraction)
    case .membersLike(let structure, let part):
      let names = source.memberNames(of: structure) ?? []
      try takeMembers(names.filter { $0.contains(part) }.sorted(), of: structure, from: source, extraction)
    case .assignments(let prefix, let target, let structure, let header):
      guard let members = try self.source(header)?.memberNames(of: structure) else {
        throw .missing(name: structure, file: header)
      }
      takeAssignments(from: source, prefix: prefix, to: target, members: members, output: extraction.output)
    }
  }

  // MARK: Kinds of extraction

  /// Breadth first over what each item mentions. Declarations come first in the output, so that order does not matter.
  private func closure(
    of roots: [String], prefix: String?, except: Set<String>, in source: CSource, isRequired: Bool
  ) throws(ExtractionError) -> [CItem] {
    let kinds: Set<CItem.Kind> = [.macro, .function, .type, .variable]
    var wanted = roots
    if let prefix {
      wanted += source.items.filter { $0.kind == .function && $0.names[0].hasPrefix(prefix) }.map { $0.names[0] }
      guard wanted.count > roots.count || !isRequired else { throw .missing(name: prefix + "*", file: source.path) }
    }
    var taken: [Int: CItem] = [:]
    var seen = Set<String>()
    let isRoot = Set(wanted)
    while let name = wanted.popLast() {
      guard seen.insert(name).inserted, !except.contains(name) else { continue }
      guard let item = source.item(name, kinds) else {
        if isRequired && isRoot.contains(name) { throw .missing(name: name, file: source.path) }
        continue
      }
      guard taken.updateValue(item, forKey: item.range.lowerBound) == nil else { continue }
      wanted += source.identifiers(in: item).sorted()
    }
    return taken.values.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  private mutating func takeMembers(
    _ names: [String], of structure: String, from source: CSource, _ extraction: Extraction
  ) throws(ExtractionError) {
    guard let item = source.item(structure, [.type]) else { throw .missing(name: structure, file: source.path) }
    let members = source.members(of: item)
    for name in names {
      guard let member = members.first(where: { $0.names.contains(name) }) else {
        if extraction.isRequired { throw .missingMember(name: name, structure: structure, file: source.path) }
        continue
      }
      append(source, member.range, to: extraction.output)
      flags.insert("HAVE_\(structure)_\(name)")
    }
  }

  private mutating func takeAssignments(
    from source: CSource, prefix: String, to target: String, members: Set<String>, output: String
  ) {
    let identifiers = CScanner.identifiers(in: source.code)
    for (position, identifier) in identifiers.enumerated() where identifier.name == prefix {
      guard position + 2 < identifiers.count else { continue }
      let (member, function) = (identifiers[position + 1], identifiers[position + 2])
      let between = source.code[member.range.upperBound..<function.range.lowerBound].filter { !CByte.isSpace($0) }
      let before = source.code[identifier.range.upperBound..<member.range.lowerBound]
      guard between == [CByte.equals], before == [UInt8(ascii: ".")], members.contains(member.name) else { continue }
      // A function that was not taken cannot be called.
      guard flags.contains("HAVE_\(function.name)") else { continue }
      outputs[output, default: ""] += "\(target).\(member.name) = \(function.name);\n"
    }
  }

  // MARK: Output

  private mutating func emit(_ items: [CItem], of source: CSource, to output: String) {
    var prototypes = ""
    for item in items where item.kind == .function {
      let head = item.range.lowerBound..<(item.body ?? item.range.upperBound)
      prototypes += "#line \(source.line(at: head.lowerBound)) \"\(source.path)\"\n"
      prototypes += String(decoding: source.code[head], as: UTF8.self) + ";\n"
    }
    // Types and macros may be used by the prototypes, and no function can be needed by a type.
    for item in items where item.kind == .macro || item.kind == .type { append(source, item.range, to: output) }
    outputs[output, default: ""] += prototypes
    for item in items where item.kind == .function || item.kind == .variable { append(source, item.range, to: output) }
    functionsTaken.formUnion(items.filter { $0.kind == .function }.flatMap(\.names))
    for name in items.flatMap(\.names) { flags.insert("HAVE_\(name)") }
  }

  private mutating func append(_ source: CSource, _ range: Range<Int>, to output: String) {
    outputs[output, default: ""] +=
      "#line \(source.line(at: range.lowerBound)) \"\(source.path)\"\n" + source.text(range) + "\n"
  }

  // MARK: Files

  mutating func holds(_ probe: Probe) throws(ExtractionError) -> Bool {
    try source(probe.file).map { contains($0, probe.text) } ?? false
  }

  mutating func source(_ file: String) throws(ExtractionError) -> CSource? {
    if let source = sources[file] { return source }
    let url = tree.appendingPathComponent(file)
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    guard let data = try? Data(contentsOf: url) else { throw .unreadable(file) }
    filesRead.insert(file)
    let source = CSource(path: file, bytes: Array(data))
    sources[file] = source
    return source
  }

  private func contains(_ source: CSource, _ text: String) -> Bool {
    func squeezed(_ bytes: some Sequence<UInt8>) -> String {
      String(decoding: bytes.filter { !CByte.isSpace($0) }, as: UTF8.self)
    }
    return squeezed(source.code).contains(squeezed(text.utf8))
  }
}

extension CSource {
  func memberNames(of structure: String) -> Set<String>? {
    item(structure, [.type]).map { Set(members(of: $0).flatMap(\.names)) }
  }
}
