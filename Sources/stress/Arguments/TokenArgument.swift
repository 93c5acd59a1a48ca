import ArgumentParser
import Campaign
import Foundation

/// Reading `TOKEN|FILE`: what names an existing file is that file, such as one of `.stress/failures`, all else a token.
/// What was copied with it, up to the whole `replay:` line of a report, is understood too.
enum TokenArgument {
  static let help = ArgumentHelp(
    "A token, as a report's 'replay:' line has it, or a file that holds one.", valueName: "token|file")
  static let completion = CompletionKind.file(extensions: ["txt"])

  private static let drawnFirst =
    "the episode says neither what it breaks ('expect') nor its whole schedule: 'stress trace' runs it, and prints "
    + "both with --episode"

  struct Named {
    var token: Token
    /// The file that holds it, if it was one that was named.
    var path: String?
  }

  /// - Parameter command: the subcommand, for a message.
  static func read(_ words: [String], for command: String) throws -> Named {
    guard words.count > 1 else { return try read(words.first ?? "") }
    guard let text = Token.word(in: words.joined(separator: " ")), isCommand(words, before: text) else {
      throw ValidationError("one token or file at a time, not \(words.count) words; see 'stress \(command) --help'")
    }
    return try read(text)
  }

  private static func isCommand(_ words: [String], before token: String) -> Bool { words.last == token }

  private static func read(_ text: String) throws -> Named {
    var status = stat()
    let code = stat(text, &status) == 0 ? 0 : errno
    do {
      if code == 0, let episode = try EpisodeArgument.text(text) {
        guard let token = episode.token else { throw ValidationError(Self.drawnFirst) }
        return Named(token: token, path: text)
      }
      if code == 0 { return Named(token: try FailureArchive.read(text), path: text) }
      if Token.resembles(text) { return Named(token: try Token(parsing: text)) }
      if let token = Token.word(in: text) { return Named(token: try Token(parsing: token)) }
    } catch let error as ValidationError {
      throw error
    } catch {
      throw ValidationError("\(error)")
    }
    let shown = text.count > 60 ? "\(text.prefix(60))..." : text
    throw ValidationError(
      "'\(shown)' is neither a token, which begins with \(Token.beginnings), "
        + "nor a file that can be read (\(String(cString: strerror(code))))")
  }
}
