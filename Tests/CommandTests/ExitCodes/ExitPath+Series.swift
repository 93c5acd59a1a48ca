import Foundation
import Testing

/// `stress series`, over small repositories of a kernel.
extension ExitPath {
  private static let name = "stress series"
  private static var hasTree: Bool { UserTree.source != nil }

  static let series: [ExitPath] =
    [
      ExitPath(name, 0, "every commit builds, and none breaks a rule", if: hasTree) {
        try series("/* mended */\n", $0)
      },
      ExitPath(name, 1, "one breaks a rule, or does not build", if: hasTree) {
        try series("int f(void) { return no_such_name; }\n", $0)
      },
      ExitPath(name, 64, "bad usage, nothing was started", provoke: runs("series", "a..b", "--kernel-tree", "/")),
      ExitPath(name, 70, "record or report could not be written", if: hasTree) {
        try series("/* mended */\n", $0, ["--json", "/dev/full"])
      },
      ExitPath(name, 125, "nothing could be tried: mails that do not apply, no commit that can be used") {
        try $0.write("no mail\n", to: "none.mbox")
        try Git.run(["init", "--quiet"], in: $0.folder)
        try SeriesRepository.commit("start", in: $0.folder)
        return try StressCommand.start(
          ["series", "--mbox", "none.mbox", "--base", "HEAD", "--kernel-tree", "."], in: $0
        ).finish().status
      },
    ]
    + interrupts.map { signal, word in
      ExitPath(
        name, 128 + signal, "\(word): ended by a signal, with report and record of what ran so far", if: hasTree
      ) { scratch in
        let tree = try UserTree(in: scratch)
        try repository(tree.root, adding: "/* mended */\n")
        return try signals(
          signal, "series", "main~1..main", "--kernel-tree", tree.root.path, "--schedules", "1000000000",
          "--executions", "100000", once: "1 commit on")(scratch)
      }
    }

  private static func series(_ text: String, _ scratch: Scratch, _ more: [String] = []) throws -> Int32 {
    let tree = try UserTree(in: scratch)
    try repository(tree.root, adding: text)
    let arguments = [
      "series", "main~1..main", "--kernel-tree", tree.root.path, "--table", "private-leaf", "--executions", "1",
      "--schedules", "10", "--quiet",
    ]
    return try StressCommand.start(arguments + more, in: scratch).finish().status
  }

  /// Two commits: what is there, and a line more.
  static func repository(
    _ root: URL, adding text: String, to file: String = "arch/x86/kvm/mmu/tdp_mmu.c"
  ) throws {
    try Git.run(["init", "--quiet"], in: root)
    try SeriesRepository.commit("start", in: root)
    try SeriesRepository.apply(.init(file, "", text), in: root)
    try SeriesRepository.commit("change", in: root)
  }
}
