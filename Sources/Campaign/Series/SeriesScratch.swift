/// A folder for one run over a series: trees, records, a repository for mails. It is named after its process, so that
/// the next run sweeps it where that process was killed.
import Foundation

package enum SeriesScratch {
  private static let prefix = ".run-"

  /// - Returns: nil if it cannot be made, with errno telling why.
  package static func make(in cache: URL = SeriesConfiguration.defaultCache) -> URL? {
    guard (try? FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)) != nil else {
      return nil
    }
    sweep(cache)
    var template = Array("\(cache.path)/\(prefix)\(getpid())-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { return nil }
    let bytes = template.dropLast().map { UInt8(bitPattern: $0) }
    return URL(fileURLWithPath: String(decoding: bytes, as: UTF8.self), isDirectory: true)
  }

  package static func remove(_ folder: URL) { try? FileManager.default.removeItem(at: folder) }

  private static func sweep(_ cache: URL) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: cache.path)) ?? [] {
      guard name.hasPrefix(prefix), let word = name.dropFirst(prefix.count).split(separator: "-").first,
        let owner = pid_t(word), kill(owner, 0) != 0, errno == ESRCH
      else { continue }
      remove(cache.appendingPathComponent(name))
    }
  }
}
