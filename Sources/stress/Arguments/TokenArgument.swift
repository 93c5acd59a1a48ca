import ArgumentParser
import Campaign
import Foundation

/// Reading `TOKEN|FILE`: what names an existing file is that file, such as one of `.stress/failures`, all else a token.
enum TokenArgument {
  static let help = ArgumentHelp(
    "A token, as a report's 'replay:' line has it, or a file that holds one.", valueName: "token|file")
  static let completion = CompletionKind.file(extensions: ["txt"])

  static func read(_ text: String) throws -> Token {
    var status = stat()
    let code = stat(text, &status) == 0 ? 0 : errno
    do {
      if code == 0 { return try FailureArchive.read(text) }
      if Token.resembles(text) { return try Token(parsing: text) }
    } catch {
      throw ValidationError("\(error)")
    }
    let shown = text.count > 60 ? "\(text.prefix(60))..." : text
    throw ValidationError(
      "'\(shown)' is neither a token, which begins with \(Token.prefix), nor a file that can be read "
        + "(\(String(cString: strerror(code))))")
  }
}
