import Foundation
import Testing

/// `scripts/install`: what it brings works from its prefix, and goes again.
@Suite(.waitsForProcesses) struct InstallTests {
  @Test func `what is installed runs from its prefix, with nothing in its environment`() throws {
    try Installed.use { installed in
      let arguments = ["explore", "--mutant", "thaw-first", "--seed", "3", "--quiet"]
      let result = try installed.run([installed.file("bin/stress")] + arguments)
      #expect(result.status == 1 && result.output.contains("FAIL ORD-2 "), "\(result.output)")
    }
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `a kernel is compiled with what was installed, wherever the prefix has been moved to`() throws {
    try Installed.use { installed in
      let tree = try #require(UserTree.source).path
      let moved = installed.scratch.file("moved")
      try FileManager.default.moveItem(atPath: installed.prefix, toPath: moved)
      let environment = ["PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": try installed.scratch.kernelCache()]
      func doctor() throws -> (status: Int32, output: String) {
        try installed.run(["\(moved)/bin/stress", "kernel", "doctor", tree], environment: environment)
      }
      let resources = "moved/libexec/stress/stress_KernelMMU.resources"
      let shim = "\(resources)/Resources/shim/stress.h"
      let whole = installed.scratch.text(shim)

      let usable = try doctor()
      #expect(usable.status == 0, "\(usable.output)")

      try installed.scratch.write("#error this one is used\n" + whole, to: shim)
      let broken = try doctor()
      #expect(broken.status == 125 && broken.output.contains("this one is used"), "\(broken.output)")

      try FileManager.default.removeItem(atPath: installed.scratch.file(resources))
      let lost = try doctor()
      #expect(lost.status == 70 && lost.output.contains("is missing; install it again"), "\(lost.output)")
    }
  }

  @Test func `installing twice changes nothing, and uninstalling leaves no file`() throws {
    try Installed.use { installed in
      let files = installed.files
      #expect(files.contains("bin/stress") && files.contains("share/doc/stress/LICENSES/GPL-2.0-only.txt"))
      // Left by a version that had it.
      let list = "libexec/stress/installed"
      try installed.scratch.write("share/man/man1/stress-old.1\n" + installed.text(list), to: "my prefix/\(list)")
      try installed.scratch.write("", to: "my prefix/share/man/man1/stress-old.1")
      let again = try installed.install()
      #expect(again.status == 0 && installed.files == files)
      try installed.scratch.write("not ours", to: "my prefix/share/man/man1/other.1")
      let uninstalled = try installed.install("--uninstall")
      #expect(uninstalled.status == 0 && installed.files == ["share/man/man1/other.1"])
      #expect(!FileManager.default.fileExists(atPath: installed.file("libexec/stress")))
      let nothing = try installed.install("--uninstall")
      #expect(nothing.status == 70 && nothing.output.hasPrefix("install: nothing is installed in "))
    }
  }

  @Test func `a command of the same name that is somebody else's stays`() throws {
    try Scratch.use { scratch in
      let installed = Installed(scratch: scratch)
      try FileManager.default.createDirectory(
        atPath: installed.file("bin"), withIntermediateDirectories: true)
      try scratch.write("the load generator", to: "my prefix/bin/stress")
      let result = try installed.install()
      #expect(result.status == 70 && result.output.contains("bin/stress is there and not from this script"))
      #expect(installed.files == ["bin/stress"] && installed.text("bin/stress") == "the load generator")
    }
  }

  @Test func `a list that leads out of the prefix removes nothing`() throws {
    try Installed.use { installed in
      try installed.scratch.write("mine", to: "precious")
      try installed.scratch.write("../precious\n", to: "my prefix/libexec/stress/installed")
      let result = try installed.install("--uninstall")
      #expect(result.status == 70 && installed.scratch.text("precious") == "mine")
    }
  }

  @Test func `what PATH lacks is told, and what it has is not`() throws {
    try Scratch.use { scratch in
      let installed = Installed(scratch: scratch)
      let first = try installed.install().output
      #expect(first.contains("export PATH=\"\(installed.file("bin")):$PATH\"\n"))
      let second = try installed.install(path: "\(installed.file("bin")):/usr/bin:/bin").output
      #expect(second.contains("is installed: \(installed.file("bin/stress"))\n") && !second.contains("PATH"))
    }
  }

  @Test(arguments: [["--nonsense"], ["", ""], ["elsewhere"]])
  func `bad usage is told in one line`(options: [String]) throws {
    try Scratch.use { scratch in
      let installed = Installed(scratch: scratch)
      let result = try installed.run(
        [Installed.script] + options + [installed.prefix], environment: ["PATH": "/usr/bin:/bin"])
      #expect(result.status == 64 && result.output.split(separator: "\n").count == 1)
      #expect(result.output.hasPrefix("install: error: ") && installed.files == [])
    }
  }
}
