import Foundation

/// Numbers as a report shows them: the same on every machine, whatever its locale.
enum Figures {
  static func fixed(_ value: Double, digits: Int) -> String {
    value.isFinite ? String(format: "%.\(digits)f", value) : "n/a"
  }

  static func percent(_ share: Double) -> String { fixed(share * 100, digits: 2) + "%" }

  /// A time with the unit that keeps it short: `870ns`, `12.4us`, `3.1ms`, `2.0s`.
  static func duration(nanoseconds: UInt64) -> String {
    let value = Double(nanoseconds)
    return switch nanoseconds {
    case 0..<1_000: "\(nanoseconds)ns"
    case 0..<1_000_000: fixed(value / 1e3, digits: 1) + "us"
    case 0..<1_000_000_000: fixed(value / 1e6, digits: 1) + "ms"
    default: fixed(value / 1e9, digits: 1) + "s"
    }
  }

  static func mebibytes(_ bytes: UInt64) -> String { "\(bytes >> 20) MiB" }

  /// A count with its digits in groups of three: `1,204,331`. Not for numbers that a reader types again.
  static func grouped(_ count: some BinaryInteger) -> String {
    let digits = String(count.magnitude)
    var result = count < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// A count in at most four characters up to a billion, rounded down: `870`, `34k`, `1M`.
  static func compact(_ count: UInt64) -> String {
    switch count {
    case 0..<1_000: "\(count)"
    case 0..<1_000_000: "\(count / 1_000)k"
    default: "\(count / 1_000_000)M"
    }
  }

  /// A rate in whole units a second, grouped.
  static func rate(_ value: Double) -> String {
    value.isFinite && value >= 0 && value < 1e18 ? grouped(UInt64(value.rounded())) : "n/a"
  }

  static func counted(_ count: some BinaryInteger, _ noun: String) -> String {
    "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
  }
}
