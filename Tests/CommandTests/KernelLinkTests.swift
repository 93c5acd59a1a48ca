import Foundation
import Testing

/// What a kernel is compiled and linked with, on machines on which nobody else builds programs, or none of late.
@Suite struct KernelLinkTests {
  /// A compiler, in so far as it is not given a word that the shell's pattern fits.
  private func refusing(_ pattern: String) -> String {
    """
    for word; do case $word in \(pattern))
      echo "ld: cannot find $word: No such file or directory"
      echo 'collect2: error: ld returned 1 exit status'
      exit 1;; esac; done
    : >"$out"
    """
  }

  @Test func `a C library is linked with where none of its headers are, and one that is not there is named`() throws {
    try Scratch.use { scratch in
      let tree = try TinyTree(in: scratch)
      try tree.compiler("gcc", whenCompiling: refusing("-lc"))
      let linked = try tree.doctor()
      #expect(linked.status == 125 && linked.lastOutputLine.contains("cannot be loaded"), "\(linked.output)")
      try tree.compiler("gcc", whenCompiling: refusing("-l*"))
      let missing = try tree.doctor(cache: scratch.file("empty"))
      #expect(missing.status == 125 && missing.output.contains("\n    ld: cannot find -l:libc.so.6: No such"))
    }
  }

  @Test func `no option is used that gcc 10 lacks`() throws {
    try Scratch.use { scratch in
      let tree = try TinyTree(in: scratch)
      try tree.compiler("gcc", whenCompiling: refusing("-fdiagnostics-plain-output"))
      let built = try tree.doctor()
      #expect(built.lastOutputLine.contains("cannot be loaded"), "\(built.output)")
    }
  }
}
