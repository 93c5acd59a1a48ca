import Records

/// The steps of an interleaving as a table: a column a thread and one each for the SPTE and the external entry. With
/// too many threads for that, one column says which thread it was.
struct InterleavingTable {
  /// Narrower columns break nearly every action.
  private static let comfortable = 16
  private static let mostThreads = 6

  private let view: InterleavingView
  private let spteTitle: String
  private let externalTitle: String
  private let checker: String

  /// - Parameter checker: the rule that the violating step is marked with.
  init(_ view: InterleavingView, spteTitle: String, externalTitle: String, checker: String) {
    self.view = view
    self.spteTitle = spteTitle
    self.externalTitle = externalTitle
    self.checker = checker
  }

  func lines(width: Int) -> [String] {
    let columns = view.threads.count <= Self.mostThreads ? [wide, narrow] : [narrow]
    if let table = columns.first(where: { isReadable($0, width) }) { return table.lines(width: width) }
    let below = view.threads.count <= Self.mostThreads ? [wideBelow, narrowBelow] : [narrowBelow]
    let table = below.first { isReadable($0, width) } ?? narrowBelow
    let values = hasExternal ? "\(spteTitle) and \(externalTitle) stand" : "\(spteTitle) stands"
    return TextWrap.lines("\(values) below the steps, after a \"=\".".onOneLine, width: width) + [""]
      + table.lines(width: width)
  }

  private func isReadable(_ table: TextTable, _ width: Int) -> Bool {
    table.fits(width, comfortable: Self.comfortable) && !table.cutsNames(width)
  }

  private var wide: TextTable {
    var table = TextTable(
      [.init(title: "step", alignment: .right)]
        + view.threads.map { TextTable.Column(title: "thread \($0)", wraps: true) } + entries)
    for (step, number) in zip(view.steps, numbers) {
      let actions = view.threads.map { $0 == step.thread ? action(step) : "" }
      table.add([number] + actions + [step.spte, step.external])
    }
    return table
  }

  private var narrow: TextTable {
    var table = TextTable(
      [
        .init(title: "step", alignment: .right), .init(title: "thread", alignment: .right),
        .init(title: "action", wraps: true),
      ] + entries)
    for (step, number) in zip(view.steps, numbers) {
      table.add([number, "\(step.thread)", action(step), step.spte, step.external])
    }
    return table
  }

  // MARK: Values below their steps, where there is no room beside them

  private var wideBelow: TextTable {
    var table = TextTable(
      [.init(title: "step", alignment: .right)]
        + view.threads.map { TextTable.Column(title: "thread \($0)", wraps: true) })
    for (step, number) in zip(view.steps, numbers) {
      for (line, text) in ([action(step)] + values(step)).enumerated() {
        table.add([line == 0 ? number : ""] + view.threads.map { $0 == step.thread ? text : "" })
      }
    }
    return table
  }

  private var narrowBelow: TextTable {
    var table = TextTable([
      .init(title: "step", alignment: .right), .init(title: "thread", alignment: .right),
      .init(title: "action", wraps: true),
    ])
    for (step, number) in zip(view.steps, numbers) {
      for (line, text) in ([action(step)] + values(step)).enumerated() {
        table.add(line == 0 ? [number, "\(step.thread)", text] : ["", "", text])
      }
    }
    return table
  }

  private var hasExternal: Bool { view.steps.contains { !["", "-"].contains($0.external) } }

  private func values(_ step: InterleavingView.Step) -> [String] {
    let spte = step.spte.isEmpty ? [] : ["= SPTE \(step.spte)"]
    let external = step.external.isEmpty || !hasExternal ? [] : ["= S-EPT \(step.external)"]
    return spte + external
  }

  // MARK: Cells

  private var entries: [TextTable.Column] {
    [.init(title: spteTitle.onOneLine, wraps: true), .init(title: externalTitle.onOneLine, wraps: true)]
  }

  private func action(_ step: InterleavingView.Step) -> String {
    step.action + (step.repeats > 1 ? " x\(step.repeats)" : "") + (mark(step).map { " \($0)\(checker)" } ?? "")
  }

  private func mark(_ step: InterleavingView.Step) -> String? {
    step.blame.map { $0 == .breaks || $0 == .found ? "!" : "?" }
  }

  /// Step numbers of one width, so that the preemption marks before them stand in one column.
  private var numbers: [String] {
    let width = view.steps.reduce(0) { max($0, "\($1.number)".count) }
    let hasMarks = view.steps.contains(where: \.preempts)
    return view.steps.map { step in
      (step.preempts ? "> " : hasMarks ? "  " : "") + "\(step.number)".padded(to: width, alignment: .right)
    }
  }
}
