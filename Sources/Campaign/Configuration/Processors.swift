/// How many processors this process may use at once, which on a machine that is shared are fewer than it has.
import Foundation

package enum Processors {
  /// What its affinity leaves, which a cpuset narrows as well, and the quota of each control group that it is in, a
  /// part of a processor counted as one. 1 or more.
  package static let usable = usable(below: "")

  /// - Parameter root: the folder that stands for `/`, without a slash at its end.
  package static func usable(below root: String) -> Int {
    let allowed = allowed(text("\(root)/proc/self/status") ?? "") ?? ProcessInfo.processInfo.activeProcessorCount
    let groups = text("\(root)/proc/self/cgroup") ?? ""
    return max(1, groups.split(separator: "\n").compactMap { quota($0, root) }.reduce(allowed, min))
  }

  /// The number in `Cpus_allowed_list:	0-3,8`.
  private static func allowed(_ status: String) -> Int? {
    let key = "Cpus_allowed_list:"
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else { return nil }
    var count = 0
    for range in line.dropFirst(key.count).split(separator: ",") {
      let ends = range.split(separator: "-").map { Int($0.trimmingCharacters(in: .whitespaces)) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, (0...last).contains(first) else { return nil }
      count += last - first + 1
    }
    return count
  }

  /// The least quota from a group up to the root of its hierarchy; nil if none has one.
  /// - Parameter line: `0::/path` of the second version, `4:cpu,cpuacct:/path` of the first.
  private static func quota(_ line: Substring, _ root: String) -> Int? {
    let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    let controllers = parts[1].split(separator: ",")
    guard controllers.isEmpty || controllers.contains("cpu") else { return nil }
    let top = "\(root)/sys/fs/cgroup" + (controllers.isEmpty ? "" : "/\(parts[1])")
    var names = parts[2].split(separator: "/")
    var least: Int?
    while true {
      let folder = ([top] + names.map(String.init)).joined(separator: "/")
      let words =
        controllers.isEmpty
        ? text("\(folder)/cpu.max")?.split(whereSeparator: \.isWhitespace).map(String.init)
        : ["cpu.cfs_quota_us", "cpu.cfs_period_us"].compactMap { text("\(folder)/\($0)") }
      // `max`, or -1, is none.
      if let numbers = words?.compactMap({ Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }),
        numbers.count == 2, numbers[0] > 0, numbers[1] > 0
      {
        let processors = (numbers[0] - 1) / numbers[1] + 1
        least = min(least ?? processors, processors)
      }
      if names.popLast() == nil { return least }
    }
  }

  private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
