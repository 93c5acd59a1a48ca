/// The compiler's part of a build: one object a source file, then one shared object of them.
import Foundation
import Synchronization

struct KernelCompilation {
  let stage: KernelStage
  let resources: KernelResources
  let compiler: Compiler
  let version: KernelVersion
  let plainAccesses: Bool
  let extraction: KernelExtraction.Result

  struct Unit {
    /// As messages name it.
    var name: String
    var source: String
    var object: String
    /// Made of the kernel's text, whole or extracted.
    var isKernel: Bool
  }

  /// Glue that includes extracted functions.
  private static let extracted: Set<String> = ["glue/mmu.c", "glue/tdx.c", "glue/x86.c"]

  /// - Returns: what the linker says, if it misses something.
  func run(into entry: URL) throws(KernelBuildError) -> String? {
    let units = units()
    let failures = Mutex<[Int: KernelBuildError]>([:])
    if let code = CacheFile.makeFolder(entry) { throw .unwritable(stage.root.deletingLastPathComponent(), code) }
    DispatchQueue.concurrentPerform(iterations: units.count) { index in
      if let failure = compile(units[index], index) { failures.withLock { $0[index] = failure } }
    }
    // The first in the order of the units, whichever compiler process was first.
    if let first = failures.withLock({ $0.min { $0.key < $1.key }?.value }) { throw first }
    return try link(units, into: entry)
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
    let taken = extraction.units.map { path in
      Unit(
        name: path, source: stage.root.appendingPathComponent("generated/units/\(Demand.name(of: path))").path,
        object: objectName(path), isKernel: true)
    }
    return kernel + taken + glue
  }

  private func objectName(_ name: String) -> String { name.replacing("/", with: "-") + ".o" }

  private func compile(_ unit: Unit, _ index: Int) -> KernelBuildError? {
    var arguments = unit.isKernel ? compiler.kernelFlags(plainAccesses: plainAccesses) : []
    arguments += ["-c", "-o", unit.object]
    guard let result = start(unit, index, arguments) else { return .noCompiler(tried: [compiler.path]) }
    guard result.status == 0 else { return failure(unit, result.output) }
    let isMade = FileManager.default.fileExists(atPath: stage.root.appendingPathComponent(unit.object).path)
    return isMade ? nil : .noCompilation(compiler: compiler.path, file: unit.name)
  }

  /// - Returns: what the compiler says of a file that it does not take, nil if it does.
  func check(_ unit: Unit, _ index: Int) -> String? {
    guard let result = start(unit, index, ["-fsyntax-only"] + compiler.checkFlags) else {
      return "error: \(compiler.path) does not start"
    }
    return result.status == 0 ? nil : result.output
  }

  private func start(_ unit: Unit, _ index: Int, _ more: [String]) -> Subprocess.Result? {
    var arguments = Self.arguments(stage: stage.root.path, tool: resources.root.path, version: version)
    arguments += more + extraction.includes.flatMap { ["-I", $0] } + [unit.source]
    let log = stage.root.appendingPathComponent("compile-\(index).log")
    return Subprocess.run(compiler.path, arguments, in: stage.root, log: log)
  }

  func failure(_ unit: Unit, _ output: String) -> KernelBuildError {
    noRoom(output) ?? .compilation(file: unit.name, lines: lines(of: output))
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

  private func link(_ units: [Unit], into entry: URL) throws(KernelBuildError) -> String? {
    let object = entry.appendingPathComponent(BuiltKernel.objectName).path
    let arguments = Compiler.linkFlags + ["-o", object] + units.map(\.object) + ["-lc"]
    let log = stage.root.appendingPathComponent("link.log")
    guard let result = Subprocess.run(compiler.path, arguments, in: stage.root, log: log) else {
      throw .noCompiler(tried: [compiler.path])
    }
    if result.status == 0 {
      guard FileManager.default.fileExists(atPath: object) else {
        throw .noCompilation(compiler: compiler.path, file: "the objects that it was to link")
      }
      return nil
    }
    if let failure = noRoom(result.output) { throw failure }
    guard result.output.contains("undefined ") else { throw .linking(lines: lines(of: result.output)) }
    return result.output
  }

  /// What is no fault of a file's.
  private func noRoom(_ output: String) -> KernelBuildError? {
    let reason = ["No space left on device", "Disk quota exceeded", "File too large"].first { output.contains($0) }
    return reason.map { .cache(path: stage.root.deletingLastPathComponent().path, reason: $0) }
  }

  /// What a user needs of the compiler's output: from its first error on, with the tree's own paths.
  func lines(of output: String) -> [String] {
    let lines = output.replacing("\(stage.root.path)/compiled/", with: "")
      .replacing("\(resources.root.path)/", with: "").replacing("\(stage.root.path)/", with: "")
      .split(separator: "\n").map(String.init)
    let first = lines.firstIndex { $0.contains("error:") || $0.contains("undefined reference") } ?? 0
    return Array(lines[first...].prefix(12))
  }
}
