import ArgumentParser
import Campaign
import Foundation
import Reports

/// Reading one side of a comparison: a record, or a folder of them such as scripts/soak leaves.
enum NightArgument {
  /// What scripts/soak writes beside its records. Of another folder's file of that name nothing is known.
  private struct Status: Decodable {
    var finished: Bool?
    var interrupted: Bool?
    var parts: [Night.Part]?

    var gap: String? {
      if finished == false { return "the night goes on, or was killed" }
      return interrupted == true ? "the night was interrupted" : nil
    }
  }

  private static let status = "status.json"
  private static let statusLimit = 16 << 20

  /// The records of a folder by the names of their files; of a file the one record, under a name that is the same for
  /// all.
  static func read(_ path: String) throws -> Night {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      return Night(["record": try RecordArgument.read(path)])
    }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw ValidationError("cannot read the folder '\(path)'")
    }
    var records: [String: Record] = [:]
    for name in names.sorted() where name.hasSuffix(".json") && !name.hasSuffix(".trace.json") && name != status {
      records[String(name.dropLast(5))] = try RecordArgument.read("\(path)/\(name)")
    }
    let status = names.contains(status) ? try readStatus("\(path)/\(status)") : nil
    guard !records.isEmpty || status?.parts?.isEmpty == false else {
      throw ValidationError("the folder '\(path)' holds no records (*.json)")
    }
    // What a part of a night that goes on has not run, it has not passed.
    let parts = (status?.parts ?? []).filter { $0.status != "not run" && $0.status != "skipped" }
    return Night(records, parts: parts, gap: status?.gap)
  }

  private static func readStatus(_ path: String) throws -> Status {
    do {
      return try JSONDecoder().decode(Status.self, from: Data(try AtomicFile.read(path, limit: statusLimit)))
    } catch let failure as AtomicFile.Failure {
      throw ValidationError("cannot read '\(path)': \(failure.reason)")
    } catch {
      throw ValidationError("'\(path)' is no status of a night: it is damaged, or of something else")
    }
  }
}
