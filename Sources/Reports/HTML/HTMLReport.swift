/// A record as one page that needs nothing else: no network, no other file. What can be looked at is built in the
/// reader's browser, by the scripts in `Resources`, from the record in the page; without scripts there is the text.
import Records

enum HTMLReport {
  /// A longer text is cut: it is for who has no scripts, and a browser is slow with it.
  private static let mostText = 256 << 10

  /// The whole page. Equal records give equal pages.
  static func render(_ record: Record) -> String {
    switch record {
    case .run(let run):
      page(HTMLHead(run), payload: HTMLPayload.text(HTMLPayload.Run(run)), text: TextReport(run).render())
    case .matrix(let matrix):
      page(HTMLHead(matrix), payload: HTMLPayload.text(HTMLPayload.Matrix(matrix)), text: MatrixText(matrix).render())
    case .exhaust(let search):
      page(HTMLHead(search), payload: HTMLPayload.text(HTMLPayload.Exhaust(search)), text: ExhaustText(search).render())
    case .series(let series):
      page(HTMLHead(series), payload: HTMLPayload.text(HTMLPayload.Series(series)), text: SeriesText(series).render())
    }
  }

  private static func page(_ head: HTMLHead, payload: String, text: String) -> String {
    HTMLPage.fill([
      "title": HTMLText.escaped("\(head.verdict) · \(head.kind)"), "kind": HTMLText.escaped(head.kind),
      "verdict": HTMLText.escaped(head.verdict), "status": head.status, "scope": HTMLText.escaped(head.scope),
      "text": HTMLText.escaped(cut(text)), "data": payload,
    ])
  }

  private static func cut(_ text: String) -> String {
    guard text.utf8.count > mostText else { return text }
    let head = String(decoding: text.utf8.prefix(mostText), as: UTF8.self)
    let end = head.lastIndex(of: "\n") ?? head.endIndex
    return head[..<end] + "\n\nThe text is longer; stress report RECORD --text FILE writes all of it.\n"
  }
}
