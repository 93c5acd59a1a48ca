import ArgumentParser
import Campaign
import Foundation

/// Reading `EPISODE`: the text of an episode in a file, or a token, given as one or in a file.
enum EpisodeArgument {
  static let help = ArgumentHelp(
    "A file with an episode as docs/episodes.md describes it, a token or a file that holds one; '-' is standard input.",
    valueName: "episode|token")
  static let completion = CompletionKind.file()

  static func read(_ argument: String) throws -> EpisodeText {
    let path = argument == "-" ? "/dev/stdin" : argument
    if argument != "-" && access(path, F_OK) != 0 {
      return EpisodeText(try TokenArgument.read([argument], for: "trace").token)
    }
    if let text = try text(path) { return text }
    guard let token = try? FailureArchive.read(path) else {
      throw ValidationError(
        "'\(argument)' holds neither an episode, whose first line is '\(EpisodeText.heading)', nor a token that can be "
          + "read")
    }
    return EpisodeText(token)
  }

  /// - Returns: nil if the file holds something else.
  static func text(_ path: String) throws -> EpisodeText? {
    let bytes: [UInt8]
    do {
      bytes = try AtomicFile.read(path, limit: EpisodeText.sizeLimit)
    } catch {
      throw ValidationError("cannot read '\(path)': \(error.reason)")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard EpisodeText.resembles(text) else { return nil }
    do {
      return try EpisodeText(parsing: text)
    } catch {
      throw ValidationError("'\(path)': \(error)")
    }
  }
}
