import Records

/// An interleaving with its title, what its marks mean, and what it leaves out.
struct InterleavingText {
  private static let namedThreads = 8

  private let interleaving: Interleaving
  private let title: String
  private let checker: String
  private let full: Bool

  /// - Parameter checker: the rule that was broken; empty if none was.
  init(_ interleaving: Interleaving, title: String, checker: String, full: Bool) {
    self.interleaving = interleaving
    self.title = title
    self.checker = checker
    self.full = full
  }

  var lines: [String] {
    let view = InterleavingView(interleaving, full: full)
    guard !view.steps.isEmpty || view.hiddenSteps > 0 else { return ["\(title): no step was recorded"] }
    let table = InterleavingTable(
      view, spteTitle: interleaving.spteTitle, externalTitle: interleaving.externalTitle, checker: checker)
    return [title, ""] + table.lines(width: TextReport.width) + notes(view)
  }

  private func notes(_ view: InterleavingView) -> [String] {
    let notes = [legend(view), hidden(view), silent(view)].filter { !$0.isEmpty }
    return notes.isEmpty
      ? [] : [""] + notes.flatMap { TextWrap.hanging("", $0.onOneLine, width: TextReport.width) }
  }

  /// Only the marks that the table has.
  private func legend(_ view: InterleavingView) -> String {
    let marks = [
      (view.steps.contains(where: \.preempts), "> preemption, the thread before could have gone on"),
      (view.steps.contains { $0.spte.hasPrefix("*") || $0.external.hasPrefix("*") }, "* written by this step"),
      (view.steps.contains { $0.blame == .breaks }, "! this step broke \(checker)"),
      (
        view.steps.contains { $0.blame == .wroteLast },
        "? the last to write what \(checker) found broken when all threads had ended"
      ),
      (view.steps.contains { $0.blame == .found }, "! where \(checker) was found broken"),
      (view.steps.contains { $0.blame == .parts }, "? from here on the statistics are not what the tables hold"),
      (view.steps.contains { $0.repeats > 1 }, "xN done N times in a row"),
    ]
    return marks.filter(\.0).map(\.1).joined(separator: "; ")
  }

  private func hidden(_ view: InterleavingView) -> String {
    switch view.hiddenSteps {
    case 0: ""
    case 1: "1 step that does not matter is hidden; --full shows it"
    default: "\(Figures.grouped(view.hiddenSteps)) steps that do not matter are hidden; --full shows them"
    }
  }

  private func silent(_ view: InterleavingView) -> String {
    let silent = view.silentThreads
    if silent.isEmpty { return "" }
    if silent.count > Self.namedThreads { return "no step is shown of \(Figures.grouped(silent.count)) threads" }
    let names = silent.map(String.init).joined(separator: ", ")
    return "no step is shown of thread\(silent.count == 1 ? "" : "s") \(names)"
  }
}
