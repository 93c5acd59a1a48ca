/// Says in one line what a piece of configuration text may look like.
///
/// Thrown by the parsers in this folder; the command prints `message` as it is.
public struct ConfigurationTextError: Error, Equatable, Sendable, CustomStringConvertible {
  public let message: String

  package init(_ message: String) { self.message = message }

  public var description: String { message }
}
