/// The doctor's section about functions: which are used, and what stands in the place of others.
struct UseReport {
  let use: SourceUse

  init(_ use: SourceUse) { self.use = use }

  /// - Parameter all: each function by its name.
  func tell(all: Bool, _ tell: (String) -> Void) {
    let files = use.files.filter { !$0.functions.isEmpty }
    let sum = files.reduce(0) { $0 + $1.functions.count }
    tell("functions: \(files.reduce(0) { $0 + $1.count(.used) }) of \(sum) used" + (all ? "" : ", see --functions"))
    for file in files {
      tell("  \(file.path)")
      tell("    \(file.count(.used)) of \(file.functions.count) used" + Self.rest(of: file))
      if all { for state in SourceUse.State.allCases { list(file, state, tell) } }
    }
  }

  private static func rest(of file: SourceUse.File) -> String {
    [
      (file.count(.uncalled), "never called"), (file.count(.answered), "answered by the harness"),
      (file.count(.unused), "not compiled"),
    ].filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)" }.joined()
  }

  private func list(_ file: SourceUse.File, _ state: SourceUse.State, _ tell: (String) -> Void) {
    let items = file.functions.filter { $0.state == state }
    switch state {
    case .answered: for item in items { tell("      answered: \(item.shown) by \(item.by)") }
    default: Wrapped.tell(items.map(\.shown), "      \(state.rawValue): ", tell)
    }
  }
}
