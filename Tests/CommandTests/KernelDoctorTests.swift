import Foundation
import TestSupport
import Testing

/// `stress kernel doctor` over trees that a test makes, with compilers that a test makes.
@Suite(.waitsForProcesses) struct KernelDoctorTests {
  private func withTree<Value>(_ body: (TinyTree) throws -> Value) throws -> Value {
    try Scratch.use { try body(TinyTree(in: $0)) }
  }

  @Test func `a tree that has everything is usable, and without a build nothing is written`() throws {
    try withTree { tree in
      let first = try tree.doctor("--no-build")
      #expect(first.status == 0, "\(first.output)\(first.errors)")
      #expect(first.lastOutputLine == "OK: Linux 7.0.1-rc2, nothing that is needed is missing; it was not built")
      #expect(!first.output.contains("MISSING") && first.errors == "")
      for text in [
        "  path     \(tree.path)\n", "  version  Linux 7.0.1-rc2, from its Makefile\n", "  looks    7.3 or later\n",
        "  gcc    \(tree.scratch.file("bin/gcc")), gcc (tiny) 1.0\n", "  clang  not found\n",
        "  roots    mirror and direct\n", "    tdx_sept_x\n", "  not built: --no-build\n",
      ] { #expect(first.output.contains(text), "\(text)") }
      #expect(!FileManager.default.fileExists(atPath: tree.cache.path))
      #expect(try tree.doctor("--no-build").output == first.output)
    }
  }

  @Test func `what is missing is named with the line that wants it, and with what declares it`() throws {
    try withTree { tree in
      try tree.edit(TinyTree.tdpMmu) { $0 + "\tdown_new(&kvm->sem);\n" }
      try tree.write("void down_new(struct sem *sem);\n", to: "include/linux/sem.h")
      let message = "error: call to undeclared function 'down_new'"
      try tree.compiler("gcc", whenCompiling: "for last; do :; done; echo \"$last:2:1: \(message)\"; exit 1")
      let result = try tree.doctor()
      #expect(result.status == 125)
      #expect(
        result.lastOutputLine.hasPrefix(
          "NOT SUPPORTED: \(TinyTree.tdpMmu):2 wants down_new, which include/linux/sem.h declares and the shim does "
            + "not answer; what locks, waits, orders, allocates, frees or defers is never guessed"),
        "\(result.lastOutputLine)")
      #expect(result.output.contains("\n    down_new(&kvm->sem);\n") && tree.cached == [])
    }
  }

  @Test func `an error that names nothing is told in the compiler's words, whatever its line mentions`() throws {
    try withTree { tree in
      try tree.edit(TinyTree.tdpMmu) { $0 + "static void down_new(int a, int b);\n\tdown_new(1);\n" }
      let message = "error: too few arguments to function call, expected 2, have 1"
      try tree.compiler("gcc", whenCompiling: "for last; do :; done; echo \"$last:3:1: \(message)\"; exit 1")
      let result = try tree.doctor()
      #expect(result.status == 125)
      #expect(result.output.contains("\n    \(TinyTree.tdpMmu):3:1: \(message)\n"))
      #expect(
        result.lastOutputLine.hasPrefix("NOT SUPPORTED: \(TinyTree.tdpMmu) does not compile; correct it"),
        "\(result.lastOutputLine)")
    }
  }

  @Test func `a macro that only a header has is named, where it makes an error of syntax`() throws {
    try withTree { tree in
      try tree.edit(TinyTree.tdpMmu) { $0 + "DEFINE_NEW(x);\n" }
      try tree.write("#define DEFINE_NEW(name) int name\n", to: "include/linux/new.h")
      let message = "error: type specifier missing, defaults to 'int'"
      try tree.compiler("gcc", whenCompiling: "for last; do :; done; echo \"$last:2:1: \(message)\"; exit 1")
      let result = try tree.doctor()
      #expect(
        result.lastOutputLine.hasPrefix(
          "NOT SUPPORTED: \(TinyTree.tdpMmu):2 wants DEFINE_NEW, which include/linux/new.h declares"),
        "\(result.lastOutputLine)")
    }
  }

  @Test func `a base that git does not know is bad usage`() throws {
    try withTree { tree in
      let result = try tree.doctor("--no-build", "--base", "nosuch")
      #expect(result.status == 64 && result.output == "")
      #expect(result.errors == "stress: error: --base: git knows no commit 'nosuch' in \(tree.path)\n")
    }
  }

  @Test func `a required file that is missing is the reason, and not each of its definitions`() throws {
    try withTree { tree in
      try tree.remove("arch/x86/kvm/mmu/mmu.c")
      try tree.remove("arch/x86/include/asm/shared/tdx_errno.h")
      let result = try tree.doctor()
      #expect(result.status == 125)
      #expect(result.output.contains("  MISSING  arch/x86/kvm/mmu/mmu.c\n"))
      #expect(!result.output.contains("tdx_errno.h"))
      #expect(result.lastOutputLine.hasPrefix("NOT SUPPORTED: the tree has no arch/x86/kvm/mmu/mmu.c; "))
    }
  }

  @Test func `what is no kernel is refused in one line, and nothing is printed`() throws {
    try withTree { tree in
      try tree.scratch.write("x", to: "file")
      try FileManager.default.createDirectory(atPath: tree.scratch.file("empty"), withIntermediateDirectories: true)
      try tree.write("all:\n", to: "other/Makefile")
      // The same Makefile as a kernel's, of a project that took it over.
      try FileManager.default.createDirectory(atPath: tree.scratch.file("boot"), withIntermediateDirectories: true)
      try tree.scratch.write("VERSION = 2026\nPATCHLEVEL = 1\n", to: "boot/Makefile")
      for (path, says) in [
        ("gone", "does not exist"), ("", "does not exist"), ("file", "is a file"), ("empty", "it has no Makefile"),
        ("boot", "it has no arch/x86/kvm"), ("tree/arch/x86/kvm", "the top of its kernel tree, '\(tree.path)' is"),
      ] {
        let result = try tree.start(["doctor", path]).finish()
        #expect(result.status == 64, "\(path)")
        #expect(result.output == "" && result.errorLines.count == 1)
        #expect(result.errors.hasPrefix("stress: error: ") && result.errors.contains(says), "\(result.errors)")
      }
    }
  }

  @Test func `a tree without a TDP MMU is too old`() throws {
    try withTree { tree in
      try tree.remove(TinyTree.tdpMmu)
      let result = try tree.doctor()
      #expect(result.status == 125)
      #expect(result.output.contains("  looks    older than 5.10: no TDP MMU\n"))
      #expect(result.lastOutputLine.contains("has no TDP MMU"))
      #expect(result.lastOutputLine.hasSuffix("; give a tree of Linux 6.16 or later, or of 6.12"))
    }
  }

  @Test func `a tree without mirror roots has direct roots only, and is told so`() throws {
    try withTree { tree in
      try tree.write("enum kvm_tdp_mmu_root_types { KVM_DIRECT_ROOTS };\n", to: "arch/x86/kvm/mmu/tdp_mmu.h")
      try tree.remove("arch/x86/kvm/vmx/tdx.c")
      let result = try tree.doctor("--no-build")
      #expect(result.status == 0, "\(result.output)")
      #expect(result.output.contains("\n  looks    older than 6.14: a TDP MMU with direct roots only\n"))
      #expect(result.output.contains("\n  roots    direct only: no private memory"))
      #expect(!result.output.contains("MISSING"))
      #expect(result.lastOutputLine.hasPrefix("OK: "))
      #expect(result.lastOutputLine.hasSuffix("; direct roots only, no mirror page tables"))
    }
  }

  @Test func `a tree with mirror roots and no tdx_c is told what it lacks`() throws {
    try withTree { tree in
      try tree.remove("arch/x86/kvm/vmx/tdx.c")
      let result = try tree.doctor()
      #expect(result.status == 125)
      #expect(result.output.contains("\n  MISSING  arch/x86/kvm/vmx/tdx.c\n"))
      #expect(result.lastOutputLine.contains("mirror roots, but no tdx_sept_*()"))
    }
  }

  @Test func `a tree whose tdx.c has no S-EPT half is told so`() throws {
    try withTree { tree in
      try tree.write("int x;\n", to: "arch/x86/kvm/vmx/tdx.c")
      let result = try tree.doctor()
      #expect(result.status == 125)
      #expect(result.output.contains("  S-EPT    no tdx_sept_*() in arch/x86/kvm/vmx/tdx.c\n"))
      #expect(result.lastOutputLine.contains("mirror roots, but no tdx_sept_*()"))
    }
  }

  @Test func `a file that does not compile shows the compiler's lines with the tree's own paths`() throws {
    try withTree { tree in
      try tree.compiler("gcc", whenCompiling: "for last; do :; done; echo \"$last:7:3: error: no such name\"; exit 1")
      let result = try tree.doctor()
      #expect(result.status == 125)
      #expect(result.output.contains("\n    \(TinyTree.tdpMmu):7:3: error: no such name\n"))
      #expect(result.lastOutputLine.hasPrefix("NOT SUPPORTED: \(TinyTree.tdpMmu) does not compile; correct it"))
      #expect(tree.cached == [])
    }
  }

  @Test func `a compiler's message keeps its lines wherever the tree is asked for`() throws {
    try withTree { tree in
      try tree.compiler(
        "gcc",
        whenCompiling:
          "for last; do :; done; printf '%s:7:3: error: no\\033[1m such\\n    7 | name\\n' \"$last\"; exit 1")
      for (bisect, status) in [([], Int32(64)), (["--bisect"], 125)] {
        let result = try tree.run(["explore", "--kernel-tree", tree.path] + bisect)
        #expect(result.status == status)
        let file = TinyTree.tdpMmu
        #expect(
          result.errorLines == [
            "stress: error: --kernel-tree: \(file) does not compile", "\(file):7:3: error: no [1m such", "    7 | name",
          ])
      }
    }
  }

  @Test func `what makes nothing is no compiler`() throws {
    try withTree { tree in
      try tree.compiler("gcc", whenCompiling: "exit 0")
      // Twice: nothing of the first is in the way of the second.
      for _ in 0..<2 {
        let result = try tree.doctor()
        #expect(result.status == 125)
        #expect(
          result.lastOutputLine.contains("is no C compiler: it ended with 0 and made nothing of \(TinyTree.tdpMmu)"))
        #expect(tree.cached == [])
      }
    }
  }

  @Test func `the cache is below HOME, whatever the password file says`() throws {
    try withTree { tree in
      let home = ["HOME=\(tree.scratch.file("home"))"]
      let result = try StressCommand.start(
        ["kernel", "list"], in: tree.scratch, through: ["/usr/bin/env", "-u", "XDG_CACHE_HOME"] + home
      ).finish()
      #expect(result.output.hasSuffix(" in \(tree.scratch.file("home"))/.cache/stress/kernels\n"))
    }
  }

  @Test func `a tree that is edited while it is read is not judged`() throws {
    try withTree { tree in
      try tree.compiler("gcc", asked: "echo '/* new */' >>'\(tree.path)/arch/x86/kvm/mmu/spte.c'")
      let result = try tree.doctor("--no-build")
      #expect(result.status == 125)
      #expect(
        result.lastOutputLine.hasPrefix("NOT SUPPORTED: arch/x86/kvm/mmu/spte.c was changed while it was read; run"))
    }
  }

  @Test func `a tree that is edited while it is built leaves nothing in the cache`() throws {
    try withTree { tree in
      for name in ["spte.c", "spte.h"] {
        let spte = "'\(tree.path)/arch/x86/kvm/mmu/\(name)'"
        try tree.compiler("gcc", whenCompiling: "echo '/* new */' >>\(spte); : >\"$out\"")
        let result = try tree.doctor()
        #expect(result.status == 125 && result.lastOutputLine.contains("arch/x86/kvm/mmu/\(name) was changed"))
        #expect(tree.cached == [])
      }
    }
  }

  @Test func `a cache that cannot be written is named with the reason`() throws {
    try withTree { tree in
      let result = try tree.doctor(cache: "/dev/null")
      #expect(result.status == 70)
      #expect(
        result.lastOutputLine.hasPrefix(
          "NOT KNOWN: the cache /dev/null/stress/kernels cannot be used: Not a directory; set"),
        "\(result.lastOutputLine)")
    }
  }

  @Test func `a cache that is full is named with the reason, and nothing half made stays`() throws {
    try withTree { tree in
      // A limit on the size of files stands in for a disk without room.
      let limit = ["/bin/sh", "-c", "trap '' XFSZ; ulimit -f 128; exec \"$@\"", "sh"]
      let result = try tree.doctor(launcher: limit)
      #expect(result.status == 70)
      #expect(
        result.lastOutputLine.contains("the cache \(tree.cache.path) cannot be used: File too large; set"),
        "\(result.lastOutputLine)")
      #expect(tree.cached == [])
    }
  }

  @Test func `a disk that fills up under the compiler is no fault of the file`() throws {
    try withTree { tree in
      try tree.compiler("gcc", whenCompiling: "echo 'error: cannot write x.o: No space left on device'; exit 1")
      let result = try tree.doctor()
      #expect(result.status == 70 && result.lastOutputLine.contains("cannot be used: No space left on device; set"))
      #expect(tree.cached == [])
    }
  }

  @Test func `a killed build leaves no kernel, and the next build sweeps what it left`() throws {
    try withTree { tree in
      let marker = tree.scratch.file("compiling")
      try tree.compiler("gcc", whenCompiling: ": >'\(marker)'; exec /bin/sleep 3")
      let command = try tree.start(["doctor", tree.path])
      // It either begins to compile or ends.
      var ended = siginfo_t()
      while !FileManager.default.fileExists(atPath: marker), ended.si_signo == 0 {
        _ = waitid(P_PID, id_t(command.process), &ended, WEXITED | WNOHANG | WNOWAIT)
        usleep(5_000)
      }
      command.send(SIGKILL)
      #expect(command.finish().status == 128 + SIGKILL)
      #expect(tree.cached.count == 1 && tree.cached.allSatisfy { $0.hasPrefix(".building-") }, "\(tree.cached)")
      #expect(try tree.start(["list"]).finish().output.contains("left by a build that was killed"))
      try tree.compiler("gcc", whenCompiling: "exit 1")
      _ = try tree.doctor()
      #expect(tree.cached == [])
    }
  }

  @Test func `without a compiler it says which were tried`() throws {
    try withTree { tree in
      try FileManager.default.removeItem(atPath: tree.scratch.file("bin/gcc"))
      for result in [try tree.doctor(), try tree.doctor("--no-build")] {
        #expect(result.status == 125)
        #expect(
          result.lastOutputLine == "NOT SUPPORTED: no C compiler found; install clang or gcc, or set CC to one")
      }
      for name in ["clang", "gcc", "cc"] {
        #expect(try tree.doctor().output.contains("  \(name.padding(toLength: 6, withPad: " ", startingAt: 0)) not"))
      }
    }
  }

  @Test func `of two compilers that are asked for, the one that is not there is the reason`() throws {
    try withTree { tree in
      let result = try tree.doctor("--compiler", "both")
      #expect(result.status == 125 && result.lastOutputLine.hasPrefix("NOT SUPPORTED: no clang found; "))
      #expect(try tree.doctor("--compiler", "gcc", "--no-build").status == 0)
    }
  }

  @Test func `what a compiler made is loaded before it is called usable`() throws {
    try withTree { tree in
      try tree.compiler("gcc", whenCompiling: ": >\"$out\"")
      let result = try tree.doctor()
      #expect(result.status == 125 && result.lastOutputLine.contains("cannot be loaded"), "\(result.lastOutputLine)")
    }
  }

  @Test func `no control character of a path or a compiler reaches the terminal`() throws {
    try withTree { tree in
      let colour = "\\033[1mtdp_mmu.c:1:1: error: \\033[31mred\\033[0m"
      try tree.compiler("gcc", whenCompiling: "printf '\(colour)\\n'; exit 1")
      let result = try tree.doctor()
      #expect(result.output.contains("error: ?[31mred") && !result.output.contains("\u{1b}"))
    }
  }

  private static let hasGit = FileManager.default.isExecutableFile(atPath: "/usr/bin/git")

  @Test(.enabled(if: hasGit))
  func `git's commit is told, and which of the files that are used differ from it`() throws {
    try withTree { tree in
      #expect(try tree.doctor("--no-build", morePath: "/usr/bin").output.contains("  commit   none"))
      let commit = "git -c user.name=n -c user.email=e@example.org commit -qm x"
      let made = try shell("cd '\(tree.path)' && git init -q . && git add -A && \(commit) && git rev-parse HEAD")
      let clean = try tree.doctor("--no-build", morePath: "/usr/bin").output
      #expect(clean.contains("  commit   \(made)\n  dirty    none of the files that are used\n"), "\(clean)")
      try tree.edit("arch/x86/kvm/mmu/spte.c") { $0 + "/* mine */\n" }
      try tree.write("unused\n", to: "arch/x86/kvm/other.c")
      // Written anew, and the same: git would note that in its index.
      try tree.edit("arch/x86/kvm/mmu/tdp_iter.c") { $0 }
      let index = try number(tree.path + "/.git/index")
      let dirty = try tree.doctor("--no-build", morePath: "/usr/bin").output
      #expect(dirty.contains("  dirty    1 of the files below\n     M arch/x86/kvm/mmu/spte.c\n  tree     0x"))
      // A file that is written anew is another one, even if its content is the same.
      #expect(try number(tree.path + "/.git/index") == index)
    }
  }

  private func number(_ path: String) throws -> UInt64 {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (try #require(attributes[.systemFileNumber] as? NSNumber)).uint64Value
  }

  private func shell(_ line: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", line]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  // MARK: Real trees

  private static let trees = BroughtTrees.edited.map(\.path)

  @Test(.enabled(if: !trees.isEmpty, "no kernel tree here: scripts/kernel-tree 7.3 brings one"), arguments: trees)
  func `a real tree builds with each compiler, and the second time comes from the cache`(tree: String) throws {
    try Scratch.use { scratch in
      let cache = ["/usr/bin/env", "XDG_CACHE_HOME=\(try scratch.kernelCache())"]
      func doctor(_ name: String) throws -> StressCommand.Result {
        try StressCommand.start(["kernel", "doctor", tree, "--compiler", name], in: scratch, through: cache).finish()
      }
      for name in BroughtTrees.compilers {
        let first = try doctor(name)
        #expect(first.status == 0, "\(first.output)")
        #expect(first.lastOutputLine.hasPrefix("OK: Linux 7.") && first.output.contains(" s, built\n"))
        let second = try doctor(name)
        #expect(second.output.contains(" s, from the cache\n"))
        #expect(withoutTimes(second.output) == withoutTimes(first.output))
      }
    }
  }

  private func withoutTimes(_ output: String) -> [Substring] {
    output.split(separator: "\n").filter { !$0.hasPrefix("time: ") }
  }
}
