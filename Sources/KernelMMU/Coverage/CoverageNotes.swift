/// What counters of a kernel in the cache mean: the compiler's notes, kept beside it.
import Foundation

struct CoverageNotes {
  private static let ending = ".gcno"
  static let folder = "coverage"

  /// By the name of the unit's object, without the ending.
  private let units: [String: GcovNotes]

  /// As the compiler calls the notes of a unit.
  static func fileName(_ unit: KernelCompilation.Unit) -> String {
    name(unit.object) + ending
  }

  /// A path without folders and the last ending: what object, notes and counters of a unit have in common.
  static func name(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
  }

  /// Copies the notes of a build beside the kernel.
  static func keep(
    _ units: [KernelCompilation.Unit], of stage: KernelStage, _ compiler: Compiler, in entry: URL
  ) throws(KernelBuildError) {
    for unit in units where unit.isKernel {
      guard let bytes = KernelStage.contents(stage.root.appendingPathComponent(fileName(unit))), GcovNotes(bytes) != nil
      else { throw .noNotes(compiler: compiler.version, file: unit.name) }
      let file = entry.appendingPathComponent(folder).appendingPathComponent(fileName(unit))
      if let code = CacheFile.write(bytes, to: file) {
        throw .unwritable(stage.root.deletingLastPathComponent(), code)
      }
    }
  }

  init(in entry: URL) {
    let folder = entry.appendingPathComponent(Self.folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    units = Dictionary(
      names.filter { $0.hasSuffix(Self.ending) }.compactMap { name in
        KernelStage.contents(folder.appendingPathComponent(name)).flatMap(GcovNotes.init).map { (Self.name(name), $0) }
      }
    ) { $1 }
  }

  /// What counters say of lines.
  func counts(_ counted: [KernelCoverage.Function], _ counters: [UInt64]) -> SourceCounts {
    var result = SourceCounts()
    var byUnit: [String: [Key: ArraySlice<UInt64>]] = [:]
    var next = 0
    for function in counted {
      let key = Key(ident: function.ident, checksum: function.flowChecksum)
      byUnit[function.unit, default: [:]][key] = counters[next..<next + function.count]
      next += function.count
    }
    for (name, notes) in units.sorted(by: { $0.key < $1.key }) {
      guard let values = byUnit[name] else { continue }
      result.add(notes, counters: { values[Key(ident: $0, checksum: $1)] }, path: Self.path)
    }
    return result
  }

  private struct Key: Hashable {
    var ident: UInt32
    var checksum: UInt32
  }

  private static let top: Set<Substring> = ["arch", "virt", "include", "kernel", "lib", "mm"]

  /// Of a file in the tree, however the compiler names it; nil for one of the tool.
  static func path(_ name: String) -> String? {
    var parts = name.split(separator: "/").filter { $0 != "." }[...]
    if let stage = parts.lastIndex(where: { $0.hasPrefix(".building-") }) {
      parts = parts[(stage + 1)...]
    } else if name.hasPrefix("/") {
      return nil
    }
    if parts.first == "compiled" { parts.removeFirst() }
    if parts.first == "whitelist" { parts[parts.startIndex] = "include" }
    guard let first = parts.first, top.contains(first) else { return nil }
    return parts.joined(separator: "/")
  }
}
