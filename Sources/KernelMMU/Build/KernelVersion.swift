/// A kernel's version as its Makefile gives it.
struct KernelVersion: Equatable {
  /// For example `7.3.4`, or `7.4.0-rc2`.
  let text: String

  /// - Returns: nil if `makefile` is not the top Makefile of a kernel.
  init?(makefile: String) {
    var fields: [String: String] = [:]
    for line in makefile.split(separator: "\n").prefix(8) {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      fields[parts[0].filter { !$0.isWhitespace }] = parts[1].filter { !$0.isWhitespace }
    }
    guard let major = fields["VERSION"], let minor = fields["PATCHLEVEL"], Int(major) != nil, Int(minor) != nil else {
      return nil
    }
    text = "\(major).\(minor).\(fields["SUBLEVEL"] ?? "0")\(fields["EXTRAVERSION"] ?? "")"
  }
}
