/// The forms in which a record can be shown. Each is a function of the record alone: nothing is run to show it.

public enum ReportFormat: String, CaseIterable, Sendable {
  case text

  /// For `--help`, after the option's name.
  public var summary: String {
    switch self {
    case .text: "as it was printed, every step of an interleaving included"
    }
  }

  public func render(_ record: Record) -> String {
    switch (self, record) {
    case (.text, .run(let record)): TextReport(record).render(full: true)
    case (.text, .matrix(let record)): MatrixText(record).render()
    }
  }
}
