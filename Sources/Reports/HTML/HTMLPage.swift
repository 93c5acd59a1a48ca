/// The page around a record: the template, its style and its script. The page allows this one script and this one style
/// by their hashes, so that even markup that found its way in would run nothing.
import Foundation

enum HTMLPage {
  /// The scripts in the order in which they stand in the page, all in one scope.
  private static let scripts: [[UInt8]] = [
    PackageResources.dom_js, PackageResources.figures_js, PackageResources.trace_js, PackageResources.view_js,
    PackageResources.signs_js, PackageResources.timeline_js, PackageResources.drawing_js, PackageResources.tables_js,
    PackageResources.steps_js, PackageResources.explorer_js, PackageResources.latency_js,
    PackageResources.measurements_js, PackageResources.code_js, PackageResources.violation_js,
    PackageResources.run_js,
    PackageResources.matrix_js, PackageResources.exhaust_js, PackageResources.series_js, PackageResources.main_js,
  ]

  static let style = "\n" + String(decoding: PackageResources.style_css, as: UTF8.self)
  static let script =
    "\n\"use strict\";\n(() => {\n" + scripts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    + "})();\n"
  private static let template = String(decoding: PackageResources.page_html, as: UTF8.self)

  /// The page with `values` in its places. They are put in as they are: what comes from a record must be escaped.
  static func fill(_ values: [String: String]) -> String {
    let own = [
      "style": style, "script": script, "style-hash": source(style), "script-hash": source(script),
    ]
    var parts = template.components(separatedBy: "{{").makeIterator()
    var page = parts.next() ?? ""
    page.reserveCapacity(values.values.reduce(style.utf8.count + script.utf8.count + 4096) { $0 + $1.utf8.count })
    // In what is put in, nothing is looked for.
    while let part = parts.next() {
      let pair = part.components(separatedBy: "}}")
      page += values[pair[0]] ?? own[pair[0]] ?? ""
      page += pair.dropFirst().joined(separator: "}}")
    }
    return page
  }

  /// As a content security policy names an inline element.
  private static func source(_ text: String) -> String {
    "sha256-" + Data(SHA256.hash(Array(text.utf8))).base64EncodedString()
  }
}
