import Campaign

/// Reading numbers from the command line. Each refusal says what is allowed.
enum NumberArgument {
  /// A parser for whole numbers of a range, written in decimal digits.
  static func whole<Value: FixedWidthInteger & Sendable>(
    _ allowed: ClosedRange<Value>
  ) -> @Sendable (String) throws -> Value {
    { text in
      guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Value(text),
        allowed.contains(value)
      else {
        throw ConfigurationTextError("allowed is a whole number, \(allowed.lowerBound)...\(allowed.upperBound)")
      }
      return value
    }
  }

  /// Reads a length in seconds.
  static func seconds(_ text: String) throws -> Double {
    guard let value = decimal(text), value > 0, value <= 604_800 else {
      throw ConfigurationTextError("allowed is a number above 0, up to 604800 (a week)")
    }
    return value
  }

  /// Reads the share of SEAMCALLs that are answered BUSY. Where all are, nothing can end, which is no fault of the
  /// protocol.
  static func busyPercent(_ text: String) throws -> Double {
    guard let value = decimal(text), (0...99).contains(value) else {
      throw ConfigurationTextError("allowed is a number, 0...99: where all are busy, no operation can end")
    }
    return value
  }

  /// Swift's own parser also takes `nan`, `inf` and hexadecimal, none of which is a length or a share.
  private static func decimal(_ text: String) -> Double? {
    guard text.utf8.allSatisfy({ Array("0123456789.eE+-".utf8).contains($0) }), let value = Double(text),
      value.isFinite
    else { return nil }
    return value
  }
}
