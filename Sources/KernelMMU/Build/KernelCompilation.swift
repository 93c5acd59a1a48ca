/// The compiler's part of a build: one object a source file, then one shared object of them.
import Foundation
import Synchronization

struct KernelCompilation {
  let stage: KernelStage
  let resources: KernelResources
  let compiler: Compiler
  let version: KernelVersion
  let plainAccesses: Bool

  struct Unit {
    /// As messages name it.
    var name: String
    var source: String
    var object: String
    /// Made of the kernel's text, whole or extracted.
    var isKernel: Bool
  }

  /// Glue that includes extracted functions.
  private static let extracted: Set<String> = ["glue/mmu.c", "glue/tdx.c"]

  func run(into entry: URL) throws(KernelBuildError) {
    let includes = try stage.includeDirectories(resources)
    let units = units()
    let failures = Mutex<[Int: KernelBuildError]>([:])
    if let code = CacheFile.makeFolder(entry) { throw .unwritable(stage.root.deletingLastPathComponent(), code) }
    DispatchQueue.concurrentPerform(iterations: units.count) { index in
      if let failure = compile(units[index], index, includes) { failures.withLock { $0[index] = failure } }
    }
    // The first in the order of the units, whichever compiler process was first.
    if let first = failures.withLock({ $0.min { $0.key < $1.key }?.value }) { throw first }
    try link(units, into: entry)
  }

  func units() -> [Unit] {
    let tree = stage.root.appendingPathComponent("compiled").path
    let kernel = KernelStage.sources.map {
      Unit(name: $0, source: "\(tree)/\($0)", object: objectName($0), isKernel: true)
    }
    let glue = resources.files().filter { $0.hasPrefix("glue/") && $0.hasSuffix(".c") }
      .map { name in
        let source = resources.root.appendingPathComponent(name).path
        return Unit(
          name: name, source: source, object: objectName(name), isKernel: Self.extracted.contains(name))
      }
    return kernel + glue
  }

  private func objectName(_ name: String) -> String { name.replacing("/", with: "-") + ".o" }

  private func compile(_ unit: Unit, _ index: Int, _ includes: [String]) -> KernelBuildError? {
    var arguments = Self.arguments(stage: stage.root.path, tool: resources.root.path, version: version)
    if plainAccesses && unit.isKernel { arguments += compiler.plainFlags }
    arguments += includes.flatMap { ["-I", $0] } + ["-c", "-o", unit.object, unit.source]
    let log = stage.root.appendingPathComponent("compile-\(index).log")
    guard let result = Subprocess.run(compiler.path, arguments, in: stage.root, log: log) else {
      return .noCompiler(tried: [compiler.path])
    }
    if let failure = noRoom(result) { return failure }
    guard result.status == 0 else { return .compilation(file: unit.name, lines: lines(of: result.output)) }
    let isMade = FileManager.default.fileExists(atPath: stage.root.appendingPathComponent(unit.object).path)
    return isMade ? nil : .noCompilation(compiler: compiler.path, file: unit.name)
  }

  /// What every file is compiled with. Reports name files as the tree does, wherever it and the tool stand, so that two
  /// copies of a tree make one object.
  static func arguments(stage: String, tool: String, version: KernelVersion) -> [String] {
    let compiled = "\(stage)/compiled"
    var arguments = Compiler.flags + ["-iquote", "\(compiled)/arch/x86/kvm", "-include", "\(tool)/shim/stress.h"]
    arguments.append("-DSTRESS_KERNEL_VERSION=\"\(version.text)\"")
    // gcc takes the last map that fits, so the stage's own directories come behind it.
    let maps = [(stage, "."), ("\(tool)/", ""), ("\(stage)/whitelist/", "include/"), ("\(compiled)/", "")]
    return arguments + maps.map { "-ffile-prefix-map=\($0)=\($1)" }
  }

  private func link(_ units: [Unit], into entry: URL) throws(KernelBuildError) {
    let object = entry.appendingPathComponent(BuiltKernel.objectName).path
    let arguments = Compiler.linkFlags + ["-o", object] + units.map(\.object) + ["-lc"]
    let log = stage.root.appendingPathComponent("link.log")
    guard let result = Subprocess.run(compiler.path, arguments, in: stage.root, log: log) else {
      throw .noCompiler(tried: [compiler.path])
    }
    if let failure = noRoom(result) { throw failure }
    guard result.status == 0 else { throw .linking(lines: lines(of: result.output)) }
    guard FileManager.default.fileExists(atPath: object) else {
      throw .noCompilation(compiler: compiler.path, file: "the objects that it was to link")
    }
  }

  /// What is no fault of a file's.
  private func noRoom(_ result: Subprocess.Result) -> KernelBuildError? {
    let reason = ["No space left on device", "Disk quota exceeded"].first { result.output.contains($0) }
    guard result.status != 0, let reason else { return nil }
    return .cache(path: stage.root.deletingLastPathComponent().path, reason: reason)
  }

  /// What a user needs of the compiler's output: from its first error on, with the tree's own paths.
  private func lines(of output: String) -> [String] {
    let lines = output.replacing("\(stage.root.path)/compiled/", with: "")
      .replacing("\(resources.root.path)/", with: "").replacing("\(stage.root.path)/", with: "")
      .split(separator: "\n").map(String.init)
    let first = lines.firstIndex { $0.contains("error:") || $0.contains("undefined reference") } ?? 0
    return Array(lines[first...].prefix(12))
  }
}
