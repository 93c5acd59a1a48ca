import Foundation
import KernelMMU
import Testing

/// A kernel tree of a few lines that has all that is looked for, and a compiler that does as it is told: what the
/// doctor does is tested on machines that have neither.
struct TinyTree {
  let scratch: Scratch
  static let tdpMmu = "arch/x86/kvm/mmu/tdp_mmu.c"

  init(in scratch: Scratch, version: String = "VERSION = 7\nPATCHLEVEL = 0\nSUBLEVEL = 1\nEXTRAVERSION = -rc2\n") throws
  {
    self.scratch = scratch
    for path in TreeFiles.named { try write("/* \(path) */\n", to: path) }
    // Copied for the compiler, so that a limit on the size of files is met.
    try write("/* " + String(repeating: "x", count: 300_000) + " */\n", to: "arch/x86/kvm/mmu/spte.h")
    try write("void tdx_sept_x(void)\n{\n}\n", to: "arch/x86/kvm/vmx/tdx.c")
    try write("struct kvm_pagewalk {\n\tint x;\n};\n", to: "arch/x86/include/asm/kvm_host.h")
    try write(version + "# " + String(repeating: "x", count: 300_000) + "\n", to: "Makefile")
    try write("enum kvm_tdp_mmu_root_types { KVM_MIRROR_ROOTS = 4 };\n", to: "arch/x86/kvm/mmu/tdp_mmu.h")
    try compiler("gcc", whenCompiling: ": >\"$out\"")
  }

  var path: String { scratch.file("tree") }
  var cache: URL { scratch.folder.appendingPathComponent("cache/stress/kernels") }

  func write(_ text: String, to path: String) throws {
    let file = scratch.folder.appendingPathComponent("tree/\(path)")
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  func edit(_ path: String, _ change: (String) -> String) throws {
    try write(change(scratch.text("tree/\(path)")), to: path)
  }

  func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: scratch.file("tree/\(path)")) }

  /// A shell script in the only folder of PATH. `$out` is what it is to make.
  func compiler(_ name: String, asked: String = "", whenCompiling: String = "exit 1") throws {
    let script = """
      #!/bin/sh
      if [ "$1" = --version ]; then
      \(asked)
      echo "\(name) (tiny) 1.0"; exit 0
      fi
      out=/dev/null; previous=; for word; do [ "$previous" = -o ] && out=$word; previous=$word; done
      \(whenCompiling)

      """
    try scratch.writeProgram(script, to: "bin/\(name)")
  }

  /// - Parameter path: PATH behind the folder of the compilers.
  func start(
    _ arguments: [String], morePath: String = "", cache: String? = nil, launcher: [String] = []
  ) throws -> StressCommand {
    try StressCommand.start(
      ["kernel"] + arguments, in: scratch, through: launcher + environment(morePath: morePath, cache: cache))
  }

  private func environment(morePath: String = "", cache: String? = nil) -> [String] {
    let path = scratch.file("bin") + (morePath.isEmpty ? "" : ":\(morePath)")
    return ["/usr/bin/env", "-u", "CC", "PATH=\(path)", "XDG_CACHE_HOME=\(cache ?? scratch.file("cache"))"]
  }

  /// Any other command, with the same compilers.
  func run(_ arguments: [String], output: String? = nil) throws -> StressCommand.Result {
    try StressCommand.start(arguments, in: scratch, through: environment(), output: output).finish()
  }

  func doctor(
    _ options: String..., morePath: String = "", cache: String? = nil, launcher: [String] = []
  ) throws -> StressCommand.Result {
    try start(["doctor", path] + options, morePath: morePath, cache: cache, launcher: launcher).finish()
  }

  var cached: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: cache.path)) ?? []).sorted() }
}
