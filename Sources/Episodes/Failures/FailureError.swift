/// Why a failure could not be kept or found again: one line.
public struct FailureError: Error, Equatable, Sendable, CustomStringConvertible {
  package let message: String

  init(_ message: String) { self.message = message }

  public var description: String { message }
}
