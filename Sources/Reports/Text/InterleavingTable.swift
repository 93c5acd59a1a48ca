import Campaign

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
    guard view.threads.count <= Self.mostThreads else { return narrow.lines(width: width) }
    let wide = wide
    return (wide.fits(width, comfortable: Self.comfortable) ? wide : narrow).lines(width: width)
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

  private var entries: [TextTable.Column] {
    [.init(title: spteTitle.onOneLine, wraps: true), .init(title: externalTitle.onOneLine, wraps: true)]
  }

  private func action(_ step: InterleavingView.Step) -> String {
    step.action + (step.repeats > 1 ? " x\(step.repeats)" : "") + (step.breaksRule ? " !\(checker)" : "")
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
