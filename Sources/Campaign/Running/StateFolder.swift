/// Where runs leave what outlives them: `.stress` in the folder that the command was started in. Inside a kernel tree
/// it is a folder below the user's own state, one for each tree, as nothing is written into a tree.
import Foundation
import KernelMMU

package enum StateFolder {
  package static let name = ".stress"

  /// Of this process, whose working directory does not change.
  package static let current = path(of: FileManager.default.currentDirectoryPath)

  package static func path(of folder: String) -> String {
    let environment = ProcessInfo.processInfo.environment
    guard let tree = TreePath.top(of: URL(fileURLWithPath: folder)) else { return name }
    func absolute(_ variable: String) -> String? { environment[variable].flatMap { $0.hasPrefix("/") ? $0 : nil } }
    let home = absolute("HOME") ?? FileManager.default.homeDirectoryForCurrentUser.path
    return "\(absolute("XDG_STATE_HOME") ?? home + "/.local/state")/stress/\(TreePath.label(of: tree))"
  }
}
