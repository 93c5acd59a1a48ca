/// A record as Markdown, for a job's summary page: the verdict first, what is long folded or fenced.
import Records

enum MarkdownReport {
  static func render(_ record: Record) -> String {
    let sections =
      switch record {
      case .run(let record): run(record)
      case .matrix(let record): matrix(record)
      case .exhaust(let record): exhaust(record)
      case .series(let record): series(record)
      }
    return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  private static func run(_ record: RunRecord) -> [[String]] {
    let mark =
      switch record.verdict {
      case .clean where record.interrupted: "⏸️"
      case .clean where VerdictLine.isEmpty(record): "➖"
      case .clean: "✅"
      case .violation: "❌"
      case .harnessFault: "⚠️"
      }
    var sections = [["## \(mark) \(VerdictLine.render(record).markdown)"]]
    sections.append(list(TextReport.header(record, width: .max)))
    for (index, violation) in record.violations.enumerated() {
      let text = ViolationText(
        violation, of: record, number: index + 1, total: record.violations.count, full: false)
      sections.append(["### \("\(violation.checker): \(violation.rule)".markdown)"])
      if let page = CheckerPage.path(violation.checker) {
        sections.append(["What it means, and where to look: `\(page)`"])
      }
      sections += text.sections.filter { !$0.isEmpty }.map(fenced)
    }
    sections.append(list(UnseenText.lines(record.kernel, width: .max)))
    sections.append(list(record.harnessFaults.map { "harness fault: \($0)" }))
    sections.append(list(record.coverageWarnings.map { "\($0) stayed 0: this run did not meet that race" }))
    if record.replay == nil {
      sections.append(folded("Outcomes", TextReport.outcomes(record)))
      if record.exploration == nil { sections.append(folded("Latency", TextReport.latencies(record))) }
      sections.append(folded("Race coverage", TextReport.coverage(record)))
    }
    sections.append(folded("Code that ran", CodeText.lines(record.code, width: TextReport.width)))
    sections.append(folded("Checkers", TextReport.checkers(record)))
    sections.append(TextWrap.lines("Scope: \(record.scope.markdown)", width: TextReport.width))
    return sections
  }

  private static func matrix(_ record: MatrixRecord) -> [[String]] {
    let text = MatrixText(record)
    let mark =
      switch record.verdict {
      case .asExpected where record.interrupted: "⏸️"
      case .asExpected: "✅"
      case .differs: "❌"
      case .harnessFault: "⚠️"
      }
    let findings = MatrixDifferences.lines(record)
    return [
      ["## \(mark) \(text.verdict.markdown)"], findings.isEmpty ? [] : fenced(findings),
      list(UnseenText.lines(record.kernel, width: .max)),
      folded("Tables", text.render().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)),
    ]
  }

  private static func exhaust(_ record: ExhaustRecord) -> [[String]] {
    let text = ExhaustText(record)
    let mark =
      switch record.verdict {
      case .complete: "✅"
      case .partial: record.interrupted ? "⏸️" : "➖"
      case .violation: "❌"
      case .harnessFault: "⚠️"
      }
    return [
      ["## \(mark) \(text.verdict.markdown)"], list(text.header), text.violation.isEmpty ? [] : fenced(text.violation),
      list(UnseenText.lines(record.kernel, width: .max)), list(text.faults), folded("Tables", text.tables),
      folded("Not complete", text.left), folded("Code that ran", CodeText.lines(record.code, width: TextReport.width)),
    ]
  }

  private static func series(_ record: SeriesRecord) -> [[String]] {
    let mark =
      switch record.verdict {
      case .clean: record.interrupted ? "⏸️" : "✅"
      case .broken: "❌"
      case .nothingTried: "➖"
      case .harnessFault: "⚠️"
      }
    let text = SeriesText(record)
    let rows = record.commits.map { commit in
      [
        record.place(commit.number), "`\(commit.commit.prefix(12))`", record.words(commit).markdown,
        commit.subject.markdown,
      ]
    }
    let table = [["patch", "commit", "verdict", "subject"], ["---", "---", "---", "---"]] + rows
    return [
      ["## \(mark) \(record.verdictLine.markdown)"], table.map { "| " + $0.joined(separator: " | ") + " |" },
      list(text.header),
    ] + text.failures.map(fenced) + [list(text.notes), list(text.faults)]
  }

  private static func list(_ lines: [String]) -> [String] { lines.map { "- \($0.markdown)" } }

  /// Below one line that opens it.
  private static func folded(_ title: String, _ lines: [String]) -> [String] {
    lines.isEmpty ? [] : ["<details><summary>\(title)</summary>", ""] + fenced(lines) + ["", "</details>"]
  }

  /// The fence is longer than any in the text.
  private static func fenced(_ lines: [String]) -> [String] {
    let longest = lines.joined(separator: "\n").split { $0 != "`" }.map(\.count).max() ?? 0
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return [fence + "text"] + lines.map(\.onOneLine) + [fence]
  }
}

extension String {
  /// One line in which no character is markup.
  fileprivate var markdown: String {
    var result = ""
    for character in onOneLine {
      switch character {
      case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "!": result += "\\\(character)"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      default: result.append(character)
      }
    }
    return result
  }
}
