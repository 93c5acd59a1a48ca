import Foundation
import Testing

/// The other scripts, in a checkout with nothing to build.
extension ExitPath {
  /// Those that build something first.
  private static let builders = [
    "stress", "test", "benchmark", "documentation", "format", "lint", "strategies", "tsan", "install", "soak",
    "kernel-history", "kernel-ingredients", "kernel-mutants", "kernel-seen", "tokens", "package",
  ]

  static let scripts: [ExitPath] =
    builders.map { script in
      ExitPath("scripts/\(script)", 70, "there is no Swift toolchain that is new enough, or the build failed") {
        try BuildScriptTests.Checkout(in: $0, version: "5.10").run(script).status
      }
    } + [
      ExitPath("scripts/stress", 3, "and any other code: the tool's own") { scratch in
        try BuildScriptTests.Checkout(in: scratch).run().status
      },
      ExitPath("scripts/install", 0, "installed") { scratch in try Installed(scratch: scratch).install().status },
      ExitPath("scripts/install", 64, "bad usage") { scratch in try script("install", ["--nonsense"], scratch) },
      ExitPath("scripts/install", 70, "it could not be installed") { scratch in
        try scratch.write("", to: "file")
        return try script("install", ["file/prefix"], scratch)
      },
      ExitPath("scripts/install --uninstall", 70, "nothing is installed there") { scratch in
        try script("install", ["--uninstall", "nowhere"], scratch)
      },
      ExitPath("scripts/package", 0, "made; with `--twice`: and alike") { scratch in
        try script("package", ["dist"], scratch)
      },
      ExitPath("scripts/package", 64, "bad usage") { scratch in try script("package", ["--nonsense"], scratch) },
      ExitPath("scripts/package-check", 4, "it cannot be tried here") { scratch in
        try scratch.write("", to: "dist/SHA256SUMS")
        return try script("package-check", ["--packages", "dist"], scratch, path: scratch.file("bare"))
      },
      ExitPath("scripts/package-check", 64, "bad usage") { scratch in
        try script("package-check", ["--packages", "nowhere"], scratch)
      },
      ExitPath("scripts/documentation", 64, "bad usage") { scratch in
        try script("documentation", ["--nonsense"], scratch)
      },
      ExitPath("scripts/kernel-tree", 0, "the tree is there, its path was printed") { scratch in
        try FileManager.default.createDirectory(
          atPath: scratch.file("cache/stress/kernel-trees/7.3"), withIntermediateDirectories: true)
        return try script("kernel-tree", ["7.3"], scratch)
      },
      ExitPath("scripts/kernel-tree", 4, "it cannot be had on this machine") { scratch in
        try scratch.write("", to: "cache")
        return try script("kernel-tree", ["7.3"], scratch)
      },
      ExitPath("scripts/kernel-tree", 64, "bad usage") { scratch in try script("kernel-tree", [], scratch) },
      ExitPath("scripts/kernel-history", 0, "each is found that is not argued", if: UserTree.source != nil) {
        try mutants("put-before-zap", in: UserTree.source?.path, $0, by: "kernel-history")
      },
      ExitPath("scripts/kernel-history", 1, "one is not found", if: UserTree.source != nil) {
        try mutants("no-progress", in: UserTree.source?.path, $0, by: "kernel-history")
      },
      ExitPath("scripts/kernel-history", 2, "an edit fits no place in the tree") { scratch in
        try mutants("no-progress", in: TinyTree(in: scratch).path, scratch, by: "kernel-history")
      },
      ExitPath("scripts/kernel-history", 64, "bad usage") { scratch in
        try script("kernel-history", ["--only", "nothing", TinyTree(in: scratch).path], scratch)
      },
      ExitPath("scripts/kernel-mutants", 0, "each that can be caught is", if: UserTree.source != nil) {
        try mutants(equivalent, in: UserTree.source?.path, $0)
      },
      ExitPath("scripts/kernel-mutants", 1, "one survives", if: UserTree.source != nil) {
        try mutants("thaw-first", in: UserTree.source?.path, $0)
      },
      ExitPath("scripts/kernel-mutants", 2, "an edit fits no place in the tree") { scratch in
        let release = "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\nEXTRAVERSION =\n"
        return try mutants("thaw-first", in: TinyTree(in: scratch, version: release).path, scratch)
      },
      ExitPath("scripts/kernel-mutants", 64, "bad usage") { scratch in
        try script("kernel-mutants", ["--only", "nothing", "."], scratch)
      },
      ExitPath("scripts/kernel-ingredients", 0, "each builds, or is refused by its name") {
        try ingredients("try-lock", says: "NOT SUPPORTED: x wants spin_trylock, which is not there", exit: 125, $0)
      },
      ExitPath("scripts/kernel-ingredients", 1, "one does not build, or is not refused by its name") {
        try ingredients("try-lock", says: "OK", exit: 0, $0)
      },
      ExitPath("scripts/kernel-ingredients", 64, "bad usage") { scratch in
        try script("kernel-ingredients", ["--only", "nothing", TinyTree(in: scratch).path], scratch)
      },
      ExitPath("scripts/kernel-flavour", 0, "the tree was made, or the names were listed") { scratch in
        try script("kernel-flavour", [], scratch)
      },
      ExitPath("scripts/kernel-flavour", 2, "an edit fits no place in the tree") { scratch in
        try script("kernel-flavour", ["huge", TinyTree(in: scratch).path, "copy"], scratch)
      },
      ExitPath("scripts/kernel-flavour", 64, "bad usage") { scratch in
        try script("kernel-flavour", ["nothing", ".", "copy"], scratch)
      },
      ExitPath("scripts/arrows", 0, "no folders use each other in a circle") { scratch in
        try script("arrows", ["Records"], scratch)
      },
      ExitPath("scripts/arrows", 64, "bad usage") { scratch in try script("arrows", ["Nothing"], scratch) },
      ExitPath("scripts/cluster/slurm", 64, "bad usage, or a folder that has a campaign") { scratch in
        try script("cluster/slurm", ["--shards", "0"], scratch)
      },
      ExitPath("scripts/cluster/slurm", 70, "Slurm took no job, or the merge wrote no record") { scratch in
        try scratch.provide("sbatch", "#!/bin/sh\nexit 1\n")
        return try script("cluster/slurm", ["--out", "campaign", "--", "--seed", "7"], scratch)
      },
      ExitPath("scripts/cluster/slurm-check", 4, "there is no Slurm to check with") { scratch in
        try script("cluster/slurm-check", [], scratch, path: scratch.file("bare"))
      },
      ExitPath("scripts/html-check", 4, "there is no browser to look with") { scratch in
        try script("html-check", [], scratch, path: scratch.file("bare"))
      },
    ]

  /// - Parameter path: the folders of programs, behind those that the scripts cannot do without.
  private static func script(
    _ name: String, _ arguments: [String], _ scratch: Scratch, path: String? = nil
  ) throws -> Int32 {
    var environment = [
      "STRESS": try #require(StressCommand.executablePath), "XDG_CACHE_HOME": scratch.file("cache"),
    ]
    if let path {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      for tool in ["bash", "basename", "dirname", "readlink", "sh"] {
        let found = ["/usr/bin/\(tool)", "/bin/\(tool)"].first { FileManager.default.isExecutableFile(atPath: $0) }
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(tool)", withDestinationPath: try #require(found))
      }
      environment["PATH"] = path
    }
    let script = Document.root.appendingPathComponent("scripts/\(name)").path
    return try scratch.execute(["/bin/bash", script] + arguments, environment: environment).status
  }

  /// One ingredient, and a tool that says so of it.
  private static func ingredients(_ name: String, says: String, exit: Int32, _ scratch: Scratch) throws -> Int32 {
    let tree = try TinyTree(in: scratch)
    try tree.write("kvm_mmu_hugepage_adjust(vcpu, fault);\n", to: TinyTree.tdpMmu)
    _ = try FakeTool(in: scratch, "echo '\(says)'; exit \(exit)")
    let script = Document.root.appendingPathComponent("scripts/kernel-ingredients").path
    return try scratch.execute(
      ["/bin/bash", script, "--only", name, tree.path], environment: ["STRESS": scratch.file("bin/tool")]
    ).status
  }

  private static let equivalent = "lost-zap"

  /// One mutant, looked for by a tool that finds nothing.
  private static func mutants(
    _ name: String, in tree: String?, _ scratch: Scratch, by script: String = "kernel-mutants"
  ) throws -> Int32 {
    _ = try FakeTool(in: scratch, "echo '{\"violations\":[]}' >\"$out\"")
    let script = Document.root.appendingPathComponent("scripts/\(script)").path
    return try scratch.execute(
      ["/bin/bash", script, "--only", name, try #require(tree)], environment: ["STRESS": scratch.file("bin/tool")]
    ).status
  }
}
