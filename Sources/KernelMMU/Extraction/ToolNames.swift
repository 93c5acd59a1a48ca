/// What the tool's own C files define, by which kernel code is compiled: none of it is taken from a tree.
struct ToolNames: Sendable {
  /// Names that every file sees.
  private var common: Set<String> = []
  /// Names of one glue file.
  private var local: [String: Set<String>] = [:]
  /// What the tool defines for all files: functions and variables of the glue, and macros of the shim.
  private var answered: Set<String> = []
  /// Structures of the shim that take the members which are asked for, `extracted/members/NAME.h`.
  private(set) var open: Set<String> = []
  /// `HAVE_NAME`: what a file does otherwise where a tree has NAME, a definition, or structure and member. By who asks.
  private(set) var probes: [(name: String, file: String, line: Int)] = []
  /// What the shim's configuration defines.
  private(set) var configuration: Set<String> = []
  private(set) var sources: [CSource] = []

  init(_ files: [(path: String, bytes: [UInt8])]) {
    for (path, bytes) in files where path.hasSuffix(".c") || path.hasSuffix(".h") {
      let source = CSource(path: path, bytes: bytes)
      sources.append(source)
      let names = source.items.flatMap(\.names)
      if path.hasPrefix("glue/"), path.hasSuffix(".c") {
        local[path] = Set(names)
        answered.formUnion(source.items.filter { $0.kind == .function || $0.kind == .variable }.flatMap(\.names))
      } else {
        common.formUnion(names)
        // The glue's own headers declare what the tree may define.
        if path.hasPrefix("shim/") {
          answered.formUnion(source.items.filter { $0.kind != .prototype }.flatMap(\.names))
        }
      }
      // A header's guard that is taken is nothing that its content may ask for.
      if path.hasSuffix("/config.h") { configuration = Set(names.filter { !$0.hasPrefix("_TRACE_") }) }
      for include in source.includes where include.hasPrefix("<extracted/members/") {
        open.insert(String(include.dropFirst("<extracted/members/".count).dropLast(".h>".count)))
      }
      find(probes: source)
    }
  }

  mutating private func find(probes source: CSource) {
    for (number, line) in source.bytes.split(separator: CByte.newline, omittingEmptySubsequences: false).enumerated()
    where line.first == CByte.hash {
      for word in CScanner.identifiers(in: Array(line)) where word.name.hasPrefix("HAVE_") {
        guard !probes.contains(where: { $0.name == word.name }) else { continue }
        probes.append((word.name, source.path, number + 1))
      }
    }
  }

  /// Names of a file of the tree that is compiled as it is.
  mutating func add(_ source: CSource) { common.formUnion(source.items.flatMap(\.names)) }

  /// The linker finds it in the tool.
  func answers(_ name: String) -> Bool { answered.contains(name) }

  func has(_ name: String, in unit: String?) -> Bool {
    common.contains(name) || (unit.flatMap { local[$0] }?.contains(name) ?? false)
  }
}
