/// Takes elements away from a list while a test still holds, in halves first and single ones last.
///
/// The result is 1-minimal for the test: no single element can be taken away.
/// Source: Zeller, Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", TSE 2002.
package enum Reduction {
  /// - Parameter holds: called with what would be left; it held for `items`.
  package static func minimal<Element>(_ items: [Element], _ holds: ([Element]) -> Bool) -> [Element] {
    var items = items
    var chunk = max(1, (items.count + 1) / 2)
    while !items.isEmpty {
      let before = items.count
      var start = 0
      while start < items.count {
        var rest = items
        rest.removeSubrange(start..<min(start + chunk, items.count))
        if holds(rest) { items = rest } else { start += chunk }
      }
      if chunk > 1 { chunk = (chunk + 1) / 2 } else if items.count == before { break }
    }
    return items
  }
}
