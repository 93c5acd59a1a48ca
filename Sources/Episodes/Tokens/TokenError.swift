/// Why a token is refused: one line that says what is wrong and what to do.
public enum TokenError: Error, Equatable, Sendable, CustomStringConvertible {
  case notToken
  /// The version that the token names, for example `m2`.
  case otherVersion(String)
  case damaged
  /// A character that no token has, as it is to be printed.
  case strayCharacter(String)
  /// What is unknown, and its name or number.
  case unknown(String, String)
  /// What the token asks for that cannot be.
  case outOfRange(String)

  package var message: String {
    switch self {
    case .notToken: "not a token: one begins with \(Token.beginnings), as in the 'replay:' line of a report"
    case .otherVersion(let version):
      "a token of version '\(version)' is for another version of stress, this one reads "
        + "tokens that begin with \(Token.beginnings): "
        + "use the version that made it"
    case .damaged:
      "the token is damaged or cut short, its checksum does not match: copy all of it, from its first letter on"
    case .strayCharacter(let character):
      "the token is damaged, no token holds \(character): copy all of it, in one piece"
    case .unknown(let kind, let name):
      "this version of stress has no \(kind) '\(name)': use the version that made the token"
    case .outOfRange(let what):
      "the token is no execution of this version of stress: \(what); use the version that made it"
    }
  }

  public var description: String { message }
}
