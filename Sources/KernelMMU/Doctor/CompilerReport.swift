/// Which compilers there are, and which of them a build takes.
import Foundation

struct CompilerReport {
  private var lines: [String] = []
  /// Of the first that was asked for and is not there.
  private(set) var problem: Doctor.Verdict?

  init(_ wanted: [String?], scratch: URL) {
    let environment = ProcessInfo.processInfo.environment["CC"].flatMap { $0.isEmpty ? nil : $0 }
    for name in ["clang", "gcc", "cc"] {
      lines.append("  \(name.padding(toLength: 6, withPad: " ", startingAt: 0)) " + Self.found(name, scratch))
    }
    if let environment { lines.append("  $CC    \(environment), " + Self.found(environment, scratch)) }
    for name in wanted {
      do {
        let compiler = try Compiler.choose(name, scratch: scratch)
        lines.append("  used   \(compiler.path)" + (name == nil ? ", unless told otherwise" : ""))
      } catch {
        lines.append("  used   " + (name.map { "\($0) is not there" } ?? "none is there"))
        let tried = name.map { "no \($0) found" } ?? "no C compiler found"
        problem = problem ?? .notSupported(tried, advice: "install clang or gcc, or set CC to one")
      }
    }
  }

  func tell(_ tell: (String) -> Void) {
    tell("compilers")
    for line in lines { tell(line) }
  }

  private static func found(_ name: String, _ scratch: URL) -> String {
    guard let compiler = try? Compiler.choose(name, scratch: scratch) else { return "not found" }
    return "\(compiler.path), \(compiler.version)"
  }
}
