/// A signal that comes while the tool starts is not lost: who ends a run sends one.
import TestSupport
import Testing

@Suite struct SignalTests {
  /// It is pending already when the tool begins, as one is that comes a moment before the tool looks out for it.
  private static let pending = [
    "/usr/bin/env", "--block-signal=INT", "/bin/sh", "-c", "kill -INT $$; exec \"$0\" \"$@\"",
  ]

  @Test func `a signal that was there first ends the run`() throws {
    try Scratch.use { scratch in
      let result = try StressCommand.start(
        ["explore", "--seconds", "600", "--seed", "1", "--quiet"], in: scratch, through: Self.pending
      ).finish()
      #expect(result.status == 130, "\(result.errors)")
    }
  }
}
