/// What was found out about commits, by what decides it: a second run finds all of it again, and so does one over a
/// series of which only some commits have changed.
import Episodes
import Foundation
import KernelMMU
import Records

struct SeriesMemory: Sendable {
  let folder: URL
  /// The tool as it is now: another one may find something else.
  private let tool: String

  /// More files than so many are too many: those that were not used for the longest time go.
  private static let most = 10_000

  init(cache: URL) {
    folder = cache.appendingPathComponent("results")
    var status = stat()
    let isThere = stat(Bundle.main.executablePath ?? "/proc/self/exe", &status) == 0
    tool =
      "\(ToolBuild.current.text) "
      + (isThere ? "\(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)" : "")
  }

  private func file(_ kind: String, _ words: [String]) -> URL {
    folder.appendingPathComponent("\(kind)-\(ContentName.of([tool, kind] + words)).json")
  }

  /// - Returns: nil for what is not known, or cannot be read.
  func read<Value: Decodable>(_ type: Value.Type, _ kind: String, _ words: [String]) -> Value? {
    let file = file(kind, words)
    guard let data = try? Data(contentsOf: file), let value = try? JSONDecoder().decode(type, from: data) else {
      return nil
    }
    utimes(file.path, nil)
    return value
  }

  /// What cannot be written is found out again.
  func write(_ value: some Encodable, _ kind: String, _ words: [String]) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let data = try? encoder.encode(value) else { return }
    do {
      try AtomicFile.createDirectory(folder.path)
      try AtomicFile.replace(file(kind, words).path, Array(data))
    } catch {}
  }

  /// Called once a run.
  func prune() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    guard names.count > Self.most else { return }
    let byAge = names.map { name -> (path: String, time: Int) in
      let path = folder.appendingPathComponent(name).path
      var status = stat()
      return (path, stat(path, &status) == 0 ? status.st_mtim.tv_sec : 0)
    }.sorted { ($0.time, $0.path) < ($1.time, $1.path) }
    for entry in byAge.prefix(names.count - Self.most / 2) { unlink(entry.path) }
  }
}
