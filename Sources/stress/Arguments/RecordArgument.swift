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
}
