/// What of a kernel tree's changes a run could not see: told beside every verdict.
import Records

enum UnseenText {
  private static let mostLines = 20

  static func lines(_ kernel: RunRecord.Kernel?, width: Int) -> [String] {
    guard let kernel, let base = kernel.base, let unseen = kernel.unseen, !unseen.isEmpty else { return [] }
    let all = kernel.unseenLines
    var lines = ["Outside what this can see, of what differs from commit \(base.prefix(12).description.onOneLine):"]
    lines += all.prefix(mostLines).flatMap { TextWrap.hanging("  ", $0.onOneLine, width: width) }
    if all.count > mostLines { lines.append("  and \(all.count - mostLines) more lines, which the record has") }
    return lines
  }

  /// The end of a verdict that would else speak for them.
  static func suffix(_ kernel: RunRecord.Kernel?) -> String {
    guard let count = kernel?.unseen?.count, count > 0 else { return "" }
    return "; \(Figures.counted(count, "change")) not seen"
  }
}
