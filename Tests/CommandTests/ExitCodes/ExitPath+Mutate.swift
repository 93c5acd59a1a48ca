import Foundation
import Testing

/// `stress kernel mutate`, over small repositories of a kernel.
extension ExitPath {
  private static let name = "stress kernel mutate"
  private static var hasTree: Bool { UserTree.source != nil }

  static let mutate: [ExitPath] =
    [
      ExitPath(name, 0, "all mutants were run, or listed; some may have survived", if: hasTree) {
        try mutate(adding: "/* nothing */\n", $0, changing: true)
      },
      ExitPath(name, 1, "the commit itself breaks a rule, or does not build", if: hasTree) {
        try mutate(adding: "int f(void) { return no_such_name; }\n", $0)
      },
      ExitPath(name, 64, "bad usage, nothing was started", provoke: runs("kernel", "mutate", "--kernel-tree", "/")),
      ExitPath(name, 70, "record or report could not be written", if: hasTree) {
        try mutate(adding: "/* nothing */\n", $0, ["--json", "/dev/full"], changing: true)
      },
      ExitPath(name, 125, "there is nothing to break: no changed line is compiled and called", if: hasTree) {
        try mutate(adding: "/* nothing */\n", $0)
      },
    ]
    + interrupts.map { signal, word in
      ExitPath(
        name, 128 + signal, "\(word): ended by a signal, with report and record of what ran so far", if: hasTree
      ) { scratch in
        let tree = try UserTree(in: scratch)
        try repository(tree.root, adding: "/* nothing */\n")
        try change(tree)
        return try signals(
          signal, "kernel", "mutate", "--kernel-tree", tree.root.path, "--schedules", "1000000000",
          "--executions", "100000", once: "mutants of")(scratch)
      }
    }

  /// Lists the mutants of a commit that adds a text at the end of the file, or of one that changes a statement.
  private static func mutate(
    adding text: String, _ scratch: Scratch, _ more: [String] = [], changing: Bool = false
  ) throws -> Int32 {
    let tree = try UserTree(in: scratch)
    try repository(tree.root, adding: text)
    if changing { try change(tree) }
    let arguments = ["kernel", "mutate", "--kernel-tree", tree.root.path, "--list", "--quiet"]
    return try StressCommand.start(arguments + more, in: scratch).finish().status
  }

  private static func change(_ tree: UserTree) throws {
    try tree.replace(UserTree.restore, with: UserTree.restore.replacing("(iter->sptep,", with: "((iter->sptep),"))
    try SeriesRepository.commit("Change a statement", in: tree.root)
  }
}
