import ArgumentParser
import Campaign
import Foundation
import Reports

/// Reading `RECORD`: a file that `--json` has written, or standard input.
enum RecordArgument {
  /// Far above what any run writes; what is larger is no record, and would not fit into memory when parsed.
  private static let sizeLimit = 256 << 20

  static let help = ArgumentHelp(
    "A record, as --json has written it; '-' is standard input.", valueName: "record")
  static let completion = CompletionKind.file(extensions: ["json"])

  static func read(_ path: String) throws -> Record {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw ValidationError("a record needs a file name, or - for standard input")
    }
    let bytes: [UInt8]
    do {
      bytes = try AtomicFile.read(path == "-" ? "/dev/stdin" : path, limit: sizeLimit)
    } catch {
      throw ValidationError("cannot read the record '\(path)': \(error.reason)")
    }
    do {
      return try RecordJSON.decodeAny(Data(bytes))
    } catch {
      throw ValidationError("'\(path)': \(error.message)")
    }
  }

  /// The records of a folder by the names of their files; of a file the one record, under a name that is the same for
  /// all. What else is in the folder, such as a night's status, is passed over.
  static func readAll(_ path: String) throws -> [String: Record] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      return ["record": try read(path)]
    }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw ValidationError("cannot read the folder '\(path)'")
    }
    var records: [String: Record] = [:]
    for name in names.sorted() where name.hasSuffix(".json") && !name.hasSuffix(".trace.json") && name != status {
      records[String(name.dropLast(5))] = try read("\(path)/\(name)")
    }
    guard !records.isEmpty else { throw ValidationError("the folder '\(path)' holds no records (*.json)") }
    return records
  }

  /// What scripts/soak writes beside its records.
  private static let status = "status.json"
}
