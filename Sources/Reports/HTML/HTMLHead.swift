/// What stands above everything in the page: the verdict, what it does not say, and what gave it.
import Records

struct HTMLHead {
  let kind: String
  let verdict: String
  let scope: String
  /// A class in the style sheet.
  let status: String

  init(_ record: RunRecord) {
    kind = "stress \(RunKind(record).command)"
    verdict = VerdictLine.render(record)
    scope = record.scope
    status =
      switch record.verdict {
      case .violation: "bad"
      case .harnessFault: "warn"
      // A mutant that was not caught, or an end before its time, is nothing to be glad of.
      case .clean: record.interrupted || RunKind(record) != .replay && record.mutant != nil ? "warn" : "good"
      }
  }

  init(_ record: MatrixRecord) {
    kind = "stress matrix"
    verdict = MatrixText(record).verdict
    scope = "sampled, not a proof"
    status =
      switch record.verdict {
      case .differs: "bad"
      case .harnessFault: "warn"
      case .asExpected: record.interrupted ? "warn" : "good"
      }
  }
}

extension HTMLHead {
  init(_ record: ExhaustRecord) {
    kind = "stress exhaust"
    verdict = ExhaustText(record).verdict
    scope =
      record.verdict == .complete ? "all interleavings of these items, sequentially consistent" : "not all, no proof"
    status =
      switch record.verdict {
      case .violation: "bad"
      case .complete: "good"
      case .partial, .harnessFault: "warn"
      }
  }
}

extension HTMLHead {
  init(_ record: SeriesRecord) {
    kind = "stress series"
    verdict = record.verdictLine
    scope = SeriesRecord.limits
    status =
      switch record.verdict {
      case .broken: "bad"
      case .harnessFault, .nothingTried: "warn"
      case .clean: record.interrupted ? "warn" : "good"
      }
  }
}

extension RunKind {
  fileprivate var command: String { self == .soak ? "run" : name }

  /// As the page's script knows it.
  var name: String {
    switch self {
    case .soak: "soak"
    case .explore: "explore"
    case .replay: "replay"
    case .minimize: "minimize"
    }
  }
}
