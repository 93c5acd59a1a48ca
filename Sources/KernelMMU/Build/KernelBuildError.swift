/// How a build fails.
import Foundation
import Glibc

/// Why a tree did not become a kernel that can be run. Each is one sentence for the user, and what follows it is what a
/// bug report needs.
public enum KernelBuildError: Error, Equatable, CustomStringConvertible {
  /// `path` is no directory, or lacks the file that every supported kernel has.
  case notAKernel(path: String, missing: String)
  /// A kernel, but one whose TDP MMU has mirror roots that nothing uses.
  case unsupported(version: String, reason: String)
  /// What the tree's code wants, and neither it nor the shim has.
  case missing(Missing)
  case noCompiler(tried: [String])
  /// The compiler's first lines; files of the tree are named relative to it.
  case compilation(file: String, lines: [String])
  case linking(lines: [String])
  /// It ended well and made nothing.
  case noCompilation(compiler: String, file: String)
  /// It was to count what runs, and left no notes of it that can be read.
  case noNotes(compiler: String, file: String)
  /// A file of the tree that was not at the end what it was at the beginning.
  case changedWhileBuilding(file: String)
  case cache(path: String, reason: String)
  case notLoadable(path: String, reason: String)
  /// Git has no such commit in the tree.
  case noCommit(path: String, name: String)
  /// The tool's own files are missing beside it.
  case incompleteInstallation(String)

  /// - Parameter code: the errno of what could not be done in `folder`.
  static func unwritable(_ folder: URL, _ code: Int32) -> KernelBuildError {
    .cache(path: folder.path, reason: String(cString: strerror(code)))
  }

  public var description: String {
    switch self {
    case .notAKernel(let path, let missing): "\(path) is not a Linux kernel tree: it has no \(missing)"
    case .unsupported(let version, let reason): "Linux \(version) is not supported: \(reason)"
    case .missing(let missing): "\(missing); \(missing.advice)"
    case .noCompiler(let tried): "no C compiler found; tried \(tried.joined(separator: ", ")); install one, or set CC"
    case .compilation(let file, let lines): "\(file) does not compile\n" + lines.joined(separator: "\n")
    case .noCompilation(let compiler, let file):
      "\(compiler) is no C compiler: it ended with 0 and made nothing of \(file); set CC to clang or gcc"
    case .noNotes(let compiler, let file):
      "\(compiler) leaves no notes of what it counts in \(file); coverage takes clang, or gcc 9 or newer"
    case .linking(let lines): "the kernel does not link\n" + lines.joined(separator: "\n")
    case .changedWhileBuilding(let file): "\(file) was changed while it was built; try again"
    case .cache(let path, let reason): "the cache \(path) cannot be used: \(reason)"
    case .notLoadable(let path, let reason): "\(path) cannot be loaded: \(reason)"
    case .noCommit(let path, let name): "git knows no commit '\(name)' in \(path)"
    case .incompleteInstallation(let what): "the tool's own \(what) is missing; install it again"
    }
  }
}
